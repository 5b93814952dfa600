// The arguments of net and terminal: key=value words, none of them secret. One builder and one strict parser per compartment
// that both ends share: what the parser accepts is exactly what the builder writes (every key once, in order, numbers in
// decimal without leading zeros). Linked by monitor, net and terminal. Architecture 1: parameters in arguments.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "privsep/words.h"
#include "sandbox/apply.h"

namespace sallyport::server {

/// How often -v was given; more than twice counts as twice.
enum class Verbosity : std::uint8_t { kQuiet = 0, kVerbose = 1, kDebug = 2 };

/// Family of the address that the UDP socket is bound to: decides the datagram size for good (wire 3.5).
enum class AddressFamily : std::uint8_t { kIpv4 = 4, kIpv6 = 6 };

/// Longest timeout that is passed on, in seconds: 136 years (ours: what fits the word; longer ones are clamped to it).
inline constexpr std::uint32_t kMaxTimeoutSeconds = UINT32_MAX;

struct NetArguments {
  std::uint16_t port = 0;  ///< of both sockets, for the MOSH CONNECT line; never 0
  AddressFamily family = AddressFamily::kIpv4;
  bool second_socket = true;                 ///< socket B exists, bound and not yet connected (architecture 4)
  std::uint32_t network_timeout_seconds = 0;  ///< MOSH_SERVER_NETWORK_TMOUT, 0: never
  std::uint32_t signal_timeout_seconds = 0;   ///< MOSH_SERVER_SIGNAL_TMOUT, 0: SIGUSR1 always counts
  Verbosity verbosity = Verbosity::kQuiet;
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  bool operator==(const NetArguments&) const = default;
};

struct TerminalArguments {
  WindowSize size;  ///< of the first screen, within_limits()
  Verbosity verbosity = Verbosity::kQuiet;
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  bool operator==(const TerminalArguments&) const = default;
};

using privsep::BadArgument;

/// How net exits when it cannot begin, for one line to the user.
inline constexpr int kExitNoKey = 71;       ///< no randomness, or no memory that can be kept out of dumps
inline constexpr int kExitNoAnnounce = 72;  ///< the MOSH CONNECT line could not be written to standard output

/// The words after the program's name.
[[nodiscard]] std::vector<std::string> to_words(const NetArguments& arguments);
[[nodiscard]] std::vector<std::string> to_words(const TerminalArguments& arguments);

/// `words` without the program's name: argv from 1 on.
[[nodiscard]] Result<NetArguments, BadArgument> parse_net_arguments(std::span<const char* const> words);
[[nodiscard]] Result<TerminalArguments, BadArgument> parse_terminal_arguments(std::span<const char* const> words);

}  // namespace sallyport::server
