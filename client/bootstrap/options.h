// The command line of `sallyport` (command line 3.1): what was asked, as a value. Reads nothing but its arguments and
// prints nothing: what is to be printed is part of the result. Linked by the command alone.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::client {

inline constexpr int kStartFailure = 1;  ///< spec: command line 3.8
inline constexpr int kUsageError = 2;    ///< spec: command line 3.8

/// Which addresses of a name are used, and in which order (command line 3.4).
enum class FamilyChoice : std::uint8_t { kInet, kInet6, kAuto, kAll, kPreferInet, kPreferInet6 };
/// Where the server's address comes from (command line 3.4).
enum class AddressSource : std::uint8_t { kProxy, kRemote, kLocal };

struct CommandOptions {
  enum class Action : std::uint8_t {
    kConnect,
    kFakeProxy,  ///< we are ssh's ProxyCommand: `host` and the first word of `command` are what to connect to
    kExit,       ///< everything is said in `out` and `errors`; leave with `exit_status`
  };
  Action action = Action::kConnect;
  int exit_status = 0;
  std::string out;     ///< for standard output
  std::string errors;  ///< for standard error: hints too, when the work goes on

  std::optional<std::string> client;  ///< none: ours
  std::optional<std::string> server;  ///< shell words of the far side; none: ours, else mosh-server
  std::string predict = "adaptive";
  bool overwrite = false;
  FamilyChoice family = FamilyChoice::kPreferInet;
  std::optional<std::string> port;  ///< checked: PORT or LOW:HIGH
  std::string bind_server = "ssh";  ///< ssh, any, or an address
  std::vector<std::string> ssh = {"ssh"};
  bool ssh_pty = true;
  bool term_init = true;
  bool local = false;
  AddressSource source = AddressSource::kProxy;
  bool verbose = false;
  std::string host;  ///< [user@]host, as typed and not yet judged
  std::vector<std::string> command;
};

/// `words` is argv, `words[0]` the program's name. `prediction` is the variable MOSH_PREDICTION_DISPLAY, looked at only
/// if no option says how to predict.
[[nodiscard]] CommandOptions parse_command_line(std::span<const std::string_view> words,
                                                std::optional<std::string_view> prediction);

[[nodiscard]] std::string_view family_word(FamilyChoice family);
/// The last component of argv[0], for messages.
[[nodiscard]] std::string_view program_name(std::string_view program);

[[nodiscard]] std::string command_help(std::string_view program);
[[nodiscard]] std::string command_usage(std::string_view program);
[[nodiscard]] std::string command_version(std::string_view program);

}  // namespace sallyport::client
