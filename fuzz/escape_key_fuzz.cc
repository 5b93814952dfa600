// Targets: client::EscapeKey
#include <optional>

#include "base/bytes.h"
#include "base/check.h"
#include "client/tty/escape_key.h"

// The first byte: the escape key, 0 or above 127: none. Every typed byte reaches the session, but for the escape key
// and what it made a command or a single escape key.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  if (size == 0) return 0;
  const bool has_key = data[0] >= 1 && data[0] <= 127;
  client::EscapeKey key(has_key ? std::optional<std::uint8_t>(data[0]) : std::nullopt);
  for (const std::byte typed : bytes_of(data + 1, size - 1)) {
    const bool awaited = key.awaits_command();
    const client::KeyStep step = key.take(typed);
    CHECK(!key.awaits_command() || (has_key && !awaited && typed == std::byte{data[0]}));
    if (!awaited) {
      CHECK(step.command == client::KeyStep::Command::kNone);
      CHECK(key.awaits_command() ? step.count == 0 : step.count == 1 && step.bytes[0] == typed);
      continue;
    }
    const bool is_command = step.command != client::KeyStep::Command::kNone;
    CHECK(is_command == (step.count == 0));
    CHECK(is_command == (typed == std::byte{'.'} || typed == std::byte{0x1A}));
    CHECK(step.count == 0 || step.bytes[0] == std::byte{data[0]});
    CHECK(step.count < 2 || step.bytes[1] == typed);
  }
  return 0;
}
