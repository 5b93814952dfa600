// What `ssh -G` says of a destination: how ssh would reach it. The text is our own ssh's, but part of it may come from
// files of others, so it is judged like any other. No system call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::client {

struct SshHost {
  std::string host_name;  ///< what ssh would look up, safe to look up and to write into a command line
  std::string port;       ///< for messages; digits
  bool proxied = false;   ///< ProxyJump or ProxyCommand is configured
};

/// Nothing if `text` names no host that may be used: then it is not an ssh with -G.
[[nodiscard]] std::optional<SshHost> parse_ssh_config(std::string_view text);

}  // namespace sallyport::client
