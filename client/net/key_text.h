// The session key as text, from the pipe or file that guard gives net (wire 2.1, command line 2.1). Before lock-down. Linked by
// the client's net.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"
#include "client/common/key_failure.h"

namespace sallyport::crypto {
class SessionKey;
}

namespace sallyport::client {

/// Reads the text from `source` to its end, wipes it, and makes `source` another /dev/null.
[[nodiscard]] Result<crypto::SessionKey, KeyFailure> take_key(BorrowedFd source);

}  // namespace sallyport::client
