// The operand [user@]host: what of it ssh, its ProxyCommand's shell and the resolver may be given. Refuses what begins
// with
// "-" (it would be an option of ssh), control characters, and in the host whatever a shell reads as more than itself:
// ssh puts the host into the command line of the fake proxy. No system call.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sallyport::client {

struct Destination {
  std::string text;  ///< as typed, for ssh
  std::string user;  ///< with its "@"; empty if none was given
  std::string host;
};

/// The error is the complaint, without the program's name; it shows nothing of `text` that a terminal would act on.
[[nodiscard]] Result<Destination, std::string> parse_destination(std::string_view text);

/// Whether `host` may be looked up and written into a command line of ours; also for what `ssh -G` says.
[[nodiscard]] bool is_safe_host(std::string_view host);

}  // namespace sallyport::client
