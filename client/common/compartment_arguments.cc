#include "client/common/compartment_arguments.h"

#include <algorithm>
#include <string_view>

#include "base/decimal.h"
#include "privsep/words.h"
#include "sandbox/worker.h"

namespace sallyport::client {
namespace {

using privsep::word;
using privsep::WordReader;
using privsep::yes_word;

constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::string_view kNoEscapeKey = "none";
/// By PredictionMode.
constexpr std::string_view kModes[] = {"adaptive", "always", "never", "experimental"};

constexpr std::size_t address_bytes(bool ipv6) { return ipv6 ? 16 : 4; }

void append_hex(std::string& to, std::uint8_t byte) {
  to += kHexDigits[byte >> 4U];
  to += kHexDigits[byte & 15U];
}

/// Exactly two lower-case digits for each byte of `out`.
bool read_hex(std::string_view text, std::span<std::uint8_t> out) {
  if (text.size() != out.size() * 2) return false;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto high = kHexDigits.find(text[2 * i]);
    const auto low = kHexDigits.find(text[2 * i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    out[i] = static_cast<std::uint8_t>(high << 4U | low);
  }
  return true;
}

/// "4:7f000001", "6:fe80...01" or "6:fe80...01%2".
std::string address_text(const ServerAddress& address) {
  std::string text = address.ipv6 ? "6:" : "4:";
  for (std::size_t i = 0; i < address_bytes(address.ipv6); ++i) append_hex(text, address.bytes[i]);
  if (address.scope != 0) text += "%" + std::to_string(address.scope);
  return text;
}

std::optional<ServerAddress> read_address(std::string_view text) {
  ServerAddress address;
  address.ipv6 = text.starts_with("6:");
  if (!address.ipv6 && !text.starts_with("4:")) return {};
  text.remove_prefix(2);
  if (const auto percent = text.find('%'); percent != std::string_view::npos) {
    const auto scope = parse_decimal<std::uint32_t>(text.substr(percent + 1));
    if (!address.ipv6 || !scope || *scope == 0) return {};
    address.scope = *scope;
    text = text.substr(0, percent);
  }
  if (!read_hex(text, std::span(address.bytes).first(address_bytes(address.ipv6)))) return {};
  return address;
}

std::string addresses_text(const std::vector<ServerAddress>& addresses) {
  std::string text;
  for (const ServerAddress& address : addresses) text += (text.empty() ? "" : ",") + address_text(address);
  return text;
}

std::vector<ServerAddress> read_addresses(WordReader& in) {
  constexpr const char* kKey = "addresses";
  std::vector<ServerAddress> addresses;
  std::string_view text = in.text(kKey);
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const auto address = read_address(text.substr(0, comma));
    if (!address || addresses.size() == kMaxServerAddresses) {
      in.fail(kKey);
      return {};
    }
    addresses.push_back(*address);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
  return addresses;
}

std::string escape_key_word(std::optional<std::uint8_t> key) {
  return word("escape-key", key ? std::to_string(*key) : std::string(kNoEscapeKey));
}

std::optional<std::uint8_t> read_escape_key(WordReader& in) {
  const std::string_view text = in.text("escape-key");
  if (text == kNoEscapeKey) return {};
  const auto key = parse_decimal<std::uint8_t>(text);
  if (!key || *key < 1 || *key > 127) in.fail("escape-key");
  return key;
}

std::string hex_word(const char* key, std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) append_hex(text, static_cast<std::uint8_t>(byte));
  return word(key, text);
}

std::string read_hex_text(WordReader& in, const char* key) {
  const std::string_view text = in.text(key);
  std::vector<std::uint8_t> bytes(std::min(text.size() / 2, kMaxTerminalStringBytes));
  if (!read_hex(text, bytes)) in.fail(key);
  return {bytes.begin(), bytes.end()};
}

/// `out`, unless a word was bad.
template <typename Arguments>
Result<Arguments, BadArgument> checked(WordReader& in, Arguments out) {
  if (const auto failure = in.failure()) return std::unexpected(*failure);
  return out;
}

}  // namespace

std::vector<std::string> to_words(const NetArguments& arguments) {
  return {word("addresses", addresses_text(arguments.addresses)), word("port", arguments.port),
          sandbox::requirement_word(arguments.sandbox)};
}

std::vector<std::string> to_words(const ScreenArguments& arguments) {
  return {word("prediction", kModes[static_cast<std::size_t>(arguments.mode)]),
          yes_word("overwrite", arguments.overwrite),
          yes_word("title-prefix", arguments.title_prefix),
          yes_word("clipboard", arguments.clipboard),
          yes_word("ech", arguments.has_ech),
          yes_word("bce", arguments.has_bce),
          yes_word("title", arguments.has_title),
          word("port", arguments.port),
          escape_key_word(arguments.escape_key),
          sandbox::requirement_word(arguments.sandbox)};
}

std::vector<std::string> to_words(const TtyArguments& arguments) {
  return {escape_key_word(arguments.escape_key), yes_word("clipboard", arguments.clipboard),
          hex_word("enter", arguments.enter), hex_word("leave", arguments.leave),
          sandbox::requirement_word(arguments.sandbox)};
}

Result<NetArguments, BadArgument> parse_net_arguments(std::span<const char* const> words) {
  WordReader in(words);
  NetArguments out;
  out.addresses = read_addresses(in);
  out.port = static_cast<std::uint16_t>(in.number("port", 1, UINT16_MAX));
  out.sandbox = sandbox::read_requirement(in);
  return checked(in, std::move(out));
}

Result<ScreenArguments, BadArgument> parse_screen_arguments(std::span<const char* const> words) {
  WordReader in(words);
  ScreenArguments out;
  out.mode = static_cast<PredictionMode>(in.choice("prediction", kModes));
  out.overwrite = in.yes("overwrite");
  out.title_prefix = in.yes("title-prefix");
  out.clipboard = in.yes("clipboard");
  out.has_ech = in.yes("ech");
  out.has_bce = in.yes("bce");
  out.has_title = in.yes("title");
  out.port = static_cast<std::uint16_t>(in.number("port", 1, UINT16_MAX));
  out.escape_key = read_escape_key(in);
  out.sandbox = sandbox::read_requirement(in);
  return checked(in, out);
}

Result<TtyArguments, BadArgument> parse_tty_arguments(std::span<const char* const> words) {
  WordReader in(words);
  TtyArguments out;
  out.escape_key = read_escape_key(in);
  out.clipboard = in.yes("clipboard");
  out.enter = read_hex_text(in, "enter");
  out.leave = read_hex_text(in, "leave");
  out.sandbox = sandbox::read_requirement(in);
  return checked(in, std::move(out));
}

}  // namespace sallyport::client
