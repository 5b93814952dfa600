#include "client/tty/escape_key.h"

namespace sallyport::client {
namespace {

constexpr std::uint8_t kControlZ = 0x1A;
constexpr std::uint8_t kFirstPrintable = 0x20;

constexpr bool is_newline(std::uint8_t byte) { return byte == '\r' || byte == '\n'; }
constexpr bool is_upper(std::uint8_t byte) { return byte >= 'A' && byte <= 'Z'; }
constexpr std::uint8_t lower(std::uint8_t byte) { return static_cast<std::uint8_t>(byte + ('a' - 'A')); }

KeyStep typed_bytes(std::uint8_t first) { return {.bytes = {std::byte{first}}, .count = 1}; }

}  // namespace

KeyStep EscapeKey::take(std::byte typed) {
  const auto byte = std::to_integer<std::uint8_t>(typed);
  if (awaits_command_) {
    awaits_command_ = false;
    after_newline_ = is_newline(byte);
    return take_command(byte);
  }
  const bool counts = key_ && byte == *key_ && (*key_ < kFirstPrintable || after_newline_);
  after_newline_ = is_newline(byte);
  if (!counts) return typed_bytes(byte);
  awaits_command_ = true;
  return {};
}

KeyStep EscapeKey::take_command(std::uint8_t typed) {
  if (typed == '.') return {.command = KeyStep::Command::kQuit};
  if (typed == kControlZ) return {.command = KeyStep::Command::kSuspend};
  if (is_pass_key(typed)) return typed_bytes(*key_);
  return {.bytes = {std::byte{*key_}, std::byte{typed}}, .count = 2};
}

bool EscapeKey::is_pass_key(std::uint8_t typed) const {
  const auto pass = *key_ < kFirstPrintable ? static_cast<std::uint8_t>(*key_ + 0x40) : *key_;
  return typed == pass || (is_upper(pass) && typed == lower(pass));
}

}  // namespace sallyport::client
