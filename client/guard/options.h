// The command line of sallyport-client (command line 2.1, and ours): what was asked, as a value. Reads nothing but its
// arguments and prints nothing: what is to be printed is part of the result. Linked by guard alone; used before its
// lock-down only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "client/common/compartment_arguments.h"

namespace sallyport::client {

struct Options {
  enum class Action : std::uint8_t {
    kSession,
    kColors,  ///< -c
    kSandboxReport,
    kExit,  ///< everything is said in `out` and `errors`; leave with `exit_status`
  };
  Action action = Action::kSession;
  int exit_status = 0;
  std::string out;     ///< for standard output
  std::string errors;  ///< for standard error

  std::vector<ServerAddress> addresses;  ///< 1 to kMaxServerAddresses
  std::string address_text;              ///< as given, for messages
  std::uint16_t port = 0;
  std::optional<int> key_fd;  ///< of --key-fd
  bool clipboard = true;
  bool verbose = false;
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  bool report_as_json = false;  ///< sandbox-report --json
};

/// `words` is argv, `words[0]` the program's name as it was started; may be empty. `version` is our version number.
[[nodiscard]] Options parse_options(std::span<const std::string_view> words, std::string_view version);

/// A numeric IPv4 or IPv6 address, with %INTERFACE if link-local; an IPv4-mapped one is IPv4. Nothing if it is none.
[[nodiscard]] std::optional<ServerAddress> parse_server_address(std::string_view text);

[[nodiscard]] std::string version_text(std::string_view program, std::string_view version);
[[nodiscard]] std::string usage_line(std::string_view program);
[[nodiscard]] std::string help_text(std::string_view program);

}  // namespace sallyport::client
