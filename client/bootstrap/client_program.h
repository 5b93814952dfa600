// The client that the command becomes (command line 3.3, steps 2 and 8): ours beside us or in PATH, or one that was
// named. Ours gets the key by an inherited descriptor, any other in MOSH_KEY as the stock wrapper gives it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "base/unique_fd.h"
#include "client/bootstrap/options.h"

namespace sallyport::client {

struct ClientProgram {
  std::string path;   ///< searched in PATH if without a slash
  bool ours = false;  ///< knows --key-fd and several addresses
};

/// `own_directory` is where this program lies.
[[nodiscard]] ClientProgram find_client(const CommandOptions& options, const std::string& own_directory);

/// The number that `CLIENT -c` prints, "0" for anything but digits. The error is the complaint.
[[nodiscard]] Result<std::string, std::string> count_colours(const ClientProgram& client,
                                                             const Environment& environment);

/// What the client is told.
struct SessionPlace {
  std::vector<std::string>
      addresses;  ///< numeric, the first one is the one that ssh reached; one alone for another's client
  std::string port;
  std::string_view key;        ///< 22 characters
  std::string original_words;  ///< of our command line, for ps
};

/// argv of the client; `key_fd` for ours alone.
[[nodiscard]] std::vector<std::string> client_words(const ClientProgram& client, const SessionPlace& place,
                                                    std::optional<BorrowedFd> key_fd);

/// The client's environment but for the key.
void set_client_environment(Environment& environment, const CommandOptions& options);

/// Becomes the client; returns only what the kernel said against it.
[[nodiscard]] SystemError become_client(const ClientProgram& client, const SessionPlace& place,
                                        const Environment& environment);

}  // namespace sallyport::client
