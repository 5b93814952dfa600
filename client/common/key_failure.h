// How the client's net exits when it has no key, for guard's one line to the user (wire 2.1, command line 2.1). Linked
// by net and guard.
#pragma once

namespace sallyport::client {

/// Fixed numbers, apart from sandbox::kExitUnconfined and those of a shell.
enum class KeyFailure : int {
  kUnreadable = 71,      ///< the text could not be read, or no memory can be kept out of dumps
  kWrongLength = 72,     ///< not exactly 22 characters
  kWrongCharacter = 73,  ///< a character that is not of A-Z a-z 0-9 + /
  kNotCanonical = 74,    ///< a last character that cannot end a key
};

}  // namespace sallyport::client
