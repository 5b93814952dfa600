// The arguments of the client's compartments: key=value words, none of them secret. One builder and one strict parser
// for each, shared by both ends: what the parser accepts is exactly what the builder writes (every key once, in order,
// numbers in decimal without leading zeros). Linked by guard, tty, net and screen. docs/architecture.md, section 9.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"
#include "privsep/words.h"
#include "sandbox/apply.h"

namespace sallyport::client {

/// An address of the server: binary, IPv4 in the first 4 bytes, the rest zero.
struct ServerAddress {
  bool ipv6 = false;
  std::array<std::uint8_t, 16> bytes{};
  std::uint32_t scope = 0;  ///< of a link-local IPv6 address
  bool operator==(const ServerAddress&) const = default;
};
inline constexpr std::size_t kMaxServerAddresses = 8;

struct NetArguments {
  std::vector<ServerAddress> addresses;  ///< 1 to 8, of one host, the preferred one first
  std::uint16_t port = 0;                ///< never 0
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  bool operator==(const NetArguments&) const = default;
};

enum class PredictionMode : std::uint8_t { kAdaptive, kAlways, kNever, kExperimental };

struct ScreenArguments {
  PredictionMode mode = PredictionMode::kAdaptive;
  bool overwrite = false;
  bool title_prefix = true;  ///< "[mosh] " before the session's window title
  bool clipboard = true;     ///< OSC 52 of the session's programs reaches the terminal
  bool has_ech = false;      ///< the real terminal's abilities (terminal 6.8)
  bool has_bce = false;
  bool has_title = false;
  std::uint16_t port = 0;                  ///< for "Nothing received from server on UDP port N"
  std::optional<std::uint8_t> escape_key;  ///< for the bar's texts; none: no escape key
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  bool operator==(const ScreenArguments&) const = default;
};

/// Longest smcup or rmcup that is used (ours: xterm's have 18 bytes, the longest of Debian's terminfo some 60).
inline constexpr std::size_t kMaxTerminalStringBytes = 256;

struct TtyArguments {
  std::optional<std::uint8_t> escape_key;  ///< 1..127
  bool clipboard = true;                   ///< as screen's: OSC 52 is no part of the output language without it
  std::string enter;  ///< what the terminal is sent first (smcup, or nothing), in hexadecimal as an argument
  std::string leave;  ///< and last (rmcup)
  sandbox::Requirement sandbox = sandbox::Requirement::kMandatory;
  bool operator==(const TtyArguments&) const = default;
};

using privsep::BadArgument;

/// The words after the program's name.
[[nodiscard]] std::vector<std::string> to_words(const NetArguments& arguments);
[[nodiscard]] std::vector<std::string> to_words(const ScreenArguments& arguments);
[[nodiscard]] std::vector<std::string> to_words(const TtyArguments& arguments);

/// `words` without the program's name: argv from 1 on.
[[nodiscard]] Result<NetArguments, BadArgument> parse_net_arguments(std::span<const char* const> words);
[[nodiscard]] Result<ScreenArguments, BadArgument> parse_screen_arguments(std::span<const char* const> words);
[[nodiscard]] Result<TtyArguments, BadArgument> parse_tty_arguments(std::span<const char* const> words);

}  // namespace sallyport::client
