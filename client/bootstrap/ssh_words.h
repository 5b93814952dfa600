// The words that ssh gets, and the one of them that the far side's shell runs (command line 3.6). No system call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/environment.h"
#include "client/bootstrap/options.h"

namespace sallyport::client {

/// How ssh makes its connection.
enum class Connection : std::uint8_t {
  kFakeProxy,   ///< through us, so that we know the address
  kSshsOwn,     ///< as ssh is configured
  kSshsFamily,  ///< the same, with -4 or -6 where the family is fixed (mode "remote")
};

/// All words, the program first. `destination` as ssh shall see it; `own_path` is this program's, for the fake proxy.
[[nodiscard]] std::vector<std::string> ssh_words(const CommandOptions& options, Connection connection,
                                                 std::string_view destination, std::string_view own_path,
                                                 std::string_view remote_command);

/// The words that ask ssh how it would reach `destination`.
[[nodiscard]] std::vector<std::string> ssh_query_words(const CommandOptions& options, std::string_view destination);

/// The text for the far side's shell. `colours` is what the client printed. `environment` gives the locale variables.
[[nodiscard]] std::string remote_command(const CommandOptions& options, std::string_view colours,
                                         const Environment& environment);

/// The same for this machine (--local, section 3.7): `server` is what starts the server if --server does not say.
[[nodiscard]] std::string local_command(const CommandOptions& options, std::string_view colours,
                                        const Environment& environment, std::string_view server);

}  // namespace sallyport::client
