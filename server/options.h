// The command line of sallyport-server (command line 1.1 to 1.3): what was asked, as a value. Reads nothing but its arguments;
// prints nothing: what is to be printed is part of the result. Linked by the monitor; used before its lock-down only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "server/compartment_arguments.h"

namespace sallyport::server {

/// UDP ports to try in ascending order. 0 and 0: the system chooses one.
struct PortRange {
  std::uint16_t low = 60001;   // spec: command line 1.3
  std::uint16_t high = 60999;  // spec
  bool operator==(const PortRange&) const = default;
};

struct Options {
  enum class Action : std::uint8_t {
    kServe,
    kSandboxReport,
    kExit,  ///< everything is said in `out` and `errors`; leave with `exit_status`
  };
  Action action = Action::kServe;
  int exit_status = 0;
  std::string out;     ///< for standard output
  std::string errors;  ///< for standard error: warnings too, when the session goes on

  std::optional<std::string> bind_address;  ///< as given, numeric or not; none: the wildcard
  PortRange ports;
  long colours = 0;
  std::vector<std::string> locale_words;  ///< of -l, in order
  Verbosity verbosity = Verbosity::kQuiet;
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  std::vector<std::string> command;  ///< empty: the login shell
  bool report_as_json = false;       ///< sandbox-report --json
};

/// `words` is argv, `words[0]` the program's name as it was started; may be empty. `ssh_connection` is the variable
/// SSH_CONNECTION, for -s. `version` is our version number.
[[nodiscard]] Options parse_options(std::span<const std::string_view> words, std::optional<std::string_view> ssh_connection,
                                    std::string_view version);

/// Reads PORT or LOW:HIGH; the error is the first line of the complaint (1.3).
[[nodiscard]] Result<PortRange, std::string> parse_port_range(std::string_view text);

/// The server's own address in SSH_CONNECTION, without an IPv4-mapped prefix; nothing if there are fewer than three fields.
[[nodiscard]] std::optional<std::string> server_address(std::string_view ssh_connection);

/// The last component of argv[0], for messages that name the program.
[[nodiscard]] std::string_view base_name(std::string_view program);

/// The notice that --version prints and that standard error gets before detaching.
[[nodiscard]] std::string version_text(std::string_view program, std::string_view version);
[[nodiscard]] std::string usage_line(std::string_view program);
[[nodiscard]] std::string help_text(std::string_view program);

}  // namespace sallyport::server
