// The escape key (command line 2.5): which typed bytes are for the session and which are commands for the client.
// Linked by tty alone, before everything else that sees a key, so that its commands work whatever the others do. Never
// allocates.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace sallyport::client {

/// What a typed byte came to.
struct KeyStep {
  enum class Command : std::uint8_t { kNone, kQuit, kSuspend };
  Command command = Command::kNone;
  std::array<std::byte, 2> bytes{};  ///< for the session
  std::size_t count = 0;             ///< how many of them
  [[nodiscard]] std::span<const std::byte> typed() const { return std::span(bytes).first(count); }
};

class EscapeKey {
 public:
  /// `key` 1..127 (guard has applied the rules for MOSH_ESCAPE_KEY); none: every byte is the session's.
  explicit EscapeKey(std::optional<std::uint8_t> key) : key_(key) {}

  [[nodiscard]] KeyStep take(std::byte typed);
  /// The escape key was typed and the next byte decides: the bar shows the commands.
  [[nodiscard]] bool awaits_command() const { return awaits_command_; }

 private:
  [[nodiscard]] KeyStep take_command(std::uint8_t typed);
  [[nodiscard]] bool is_pass_key(std::uint8_t typed) const;

  std::optional<std::uint8_t> key_;
  bool awaits_command_ = false;
  bool after_newline_ = false;  ///< the last byte was CR or LF: where a printable escape key counts
};

}  // namespace sallyport::client
