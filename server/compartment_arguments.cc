#include "server/compartment_arguments.h"

#include <string_view>

#include "sandbox/worker.h"

namespace sallyport::server {
namespace {

using privsep::word;
using privsep::WordReader;

constexpr std::string_view kFamilies[] = {"4", "6"};

}  // namespace

std::vector<std::string> to_words(const NetArguments& arguments) {
  return {word("port", arguments.port),
          word("family", static_cast<std::uint64_t>(arguments.family)),
          privsep::yes_word("second-socket", arguments.second_socket),
          word("network-timeout", arguments.network_timeout_seconds),
          word("signal-timeout", arguments.signal_timeout_seconds),
          word("verbosity", static_cast<std::uint64_t>(arguments.verbosity)),
          sandbox::requirement_word(arguments.sandbox)};
}

std::vector<std::string> to_words(const TerminalArguments& arguments) {
  return {word("columns", arguments.size.columns), word("rows", arguments.size.rows),
          word("verbosity", static_cast<std::uint64_t>(arguments.verbosity)),
          sandbox::requirement_word(arguments.sandbox)};
}

Result<NetArguments, BadArgument> parse_net_arguments(std::span<const char* const> words) {
  WordReader in(words);
  NetArguments out;
  out.port = static_cast<std::uint16_t>(in.number("port", 1, UINT16_MAX));
  out.family = in.choice("family", kFamilies) == 0 ? AddressFamily::kIpv4 : AddressFamily::kIpv6;
  out.second_socket = in.yes("second-socket");
  out.network_timeout_seconds = static_cast<std::uint32_t>(in.number("network-timeout", 0, kMaxTimeoutSeconds));
  out.signal_timeout_seconds = static_cast<std::uint32_t>(in.number("signal-timeout", 0, kMaxTimeoutSeconds));
  out.verbosity = static_cast<Verbosity>(in.number("verbosity", 0, 2));
  out.sandbox = sandbox::read_requirement(in);
  if (const auto failure = in.failure()) return std::unexpected(*failure);
  return out;
}

Result<TerminalArguments, BadArgument> parse_terminal_arguments(std::span<const char* const> words) {
  WordReader in(words);
  TerminalArguments out;
  out.size.columns = static_cast<std::uint32_t>(in.number("columns", 1, kMaxSideCells));
  out.size.rows = static_cast<std::uint32_t>(in.number("rows", 1, kMaxSideCells));
  out.verbosity = static_cast<Verbosity>(in.number("verbosity", 0, 2));
  out.sandbox = sandbox::read_requirement(in);
  if (const auto failure = in.failure()) return std::unexpected(*failure);
  if (!within_limits(out.size)) return std::unexpected(BadArgument{"rows"});
  return out;
}

}  // namespace sallyport::server
