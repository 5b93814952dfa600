// The session key as text, from the pipe or file that guard gives net (wire 2.1, command line 2.1), and how net exits when
// that is no key. Before lock-down. Linked by the client's net; guard knows the exit statuses.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::crypto {
class SessionKey;
}

namespace sallyport::client {

/// How net exits when it has no key, for one line to the user. Fixed numbers, apart from sandbox::kExitUnconfined and those of
/// a shell.
enum class KeyFailure : int {
  kUnreadable = 71,      ///< the text could not be read, or no memory can be kept out of dumps
  kWrongLength = 72,     ///< not exactly 22 characters
  kWrongCharacter = 73,  ///< a character that is not of A-Z a-z 0-9 + /
  kNotCanonical = 74,    ///< a last character that cannot end a key
};

/// Reads the text from `source` to its end, wipes it, and makes `source` another /dev/null.
[[nodiscard]] Result<crypto::SessionKey, KeyFailure> take_key(BorrowedFd source);

}  // namespace sallyport::client
