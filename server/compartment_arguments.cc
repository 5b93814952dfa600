#include "server/compartment_arguments.h"

#include <optional>

#include "base/decimal.h"

namespace sallyport::server {
namespace {

/// Reads key=value words in order; once one is not as expected, stays failed.
class Words {
 public:
  explicit Words(std::span<const char* const> words) : words_(words) {}

  std::uint64_t number(const char* key, std::uint64_t low, std::uint64_t high) {
    const auto value = parse_decimal<std::uint64_t>(text(key));
    if (!value || *value < low || *value > high) {
      fail(key);
      return low;
    }
    return *value;
  }

  /// Index of the value in `choices`.
  std::size_t choice(const char* key, std::span<const std::string_view> choices) {
    const std::string_view value = text(key);
    for (std::size_t i = 0; i < choices.size(); ++i) {
      if (value == choices[i]) return i;
    }
    fail(key);
    return 0;
  }

  /// The failure of the first bad word, or of words left over.
  std::optional<BadArgument> failure() {
    if (!words_.empty()) fail("end");
    return failure_;
  }

 private:
  std::string_view text(std::string_view key) {
    if (words_.empty()) return {};
    std::string_view word = words_.front();
    words_ = words_.subspan(1);
    if (!word.starts_with(key) || word.substr(key.size()).substr(0, 1) != "=") return {};
    return word.substr(key.size() + 1);
  }
  void fail(const char* key) {
    if (!failure_) failure_ = BadArgument{key};
  }

  std::span<const char* const> words_;
  std::optional<BadArgument> failure_;
};

constexpr std::string_view kFamilies[] = {"4", "6"};
constexpr std::string_view kNoYes[] = {"no", "yes"};
constexpr std::string_view kSandboxes[] = {"available", "full"};

std::string word(std::string_view key, std::string_view value) {
  std::string text(key);
  text += '=';
  text += value;
  return text;
}
std::string word(std::string_view key, std::uint64_t value) { return word(key, std::to_string(value)); }

}  // namespace

std::vector<std::string> to_words(const NetArguments& arguments) {
  return {word("port", arguments.port),
          word("family", static_cast<std::uint64_t>(arguments.family)),
          word("second-socket", kNoYes[arguments.second_socket ? 1 : 0]),
          word("network-timeout", arguments.network_timeout_seconds),
          word("signal-timeout", arguments.signal_timeout_seconds),
          word("verbosity", static_cast<std::uint64_t>(arguments.verbosity)),
          word("require-sandbox", kSandboxes[static_cast<std::size_t>(arguments.sandbox)])};
}

std::vector<std::string> to_words(const TerminalArguments& arguments) {
  return {word("columns", arguments.size.columns), word("rows", arguments.size.rows),
          word("verbosity", static_cast<std::uint64_t>(arguments.verbosity)),
          word("require-sandbox", kSandboxes[static_cast<std::size_t>(arguments.sandbox)])};
}

Result<NetArguments, BadArgument> parse_net_arguments(std::span<const char* const> words) {
  Words in(words);
  NetArguments out;
  out.port = static_cast<std::uint16_t>(in.number("port", 1, UINT16_MAX));
  out.family = in.choice("family", kFamilies) == 0 ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  out.second_socket = in.choice("second-socket", kNoYes) == 1;
  out.network_timeout_seconds = static_cast<std::uint32_t>(in.number("network-timeout", 0, kMaxTimeoutSeconds));
  out.signal_timeout_seconds = static_cast<std::uint32_t>(in.number("signal-timeout", 0, kMaxTimeoutSeconds));
  out.verbosity = static_cast<Verbosity>(in.number("verbosity", 0, 2));
  out.sandbox = static_cast<SandboxRequirement>(in.choice("require-sandbox", kSandboxes));
  if (const auto failure = in.failure()) return std::unexpected(*failure);
  return out;
}

Result<TerminalArguments, BadArgument> parse_terminal_arguments(std::span<const char* const> words) {
  Words in(words);
  TerminalArguments out;
  out.size.columns = static_cast<std::uint32_t>(in.number("columns", 1, kMaxSideCells));
  out.size.rows = static_cast<std::uint32_t>(in.number("rows", 1, kMaxSideCells));
  out.verbosity = static_cast<Verbosity>(in.number("verbosity", 0, 2));
  out.sandbox = static_cast<SandboxRequirement>(in.choice("require-sandbox", kSandboxes));
  if (const auto failure = in.failure()) return std::unexpected(*failure);
  if (!within_limits(out.size)) return std::unexpected(BadArgument{"rows"});
  return out;
}

}  // namespace sallyport::server
