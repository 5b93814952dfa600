// Targets: client::take_fact
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "client/doctor/remote_script.h"

// Whatever the far side prints: only facts of the closed list of names are taken, none is longer than 4 KiB, and only
// from a line that begins with the script's mark.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  constexpr std::size_t kNames = 14;
  constexpr std::size_t kMaxValueBytes = 4096;
  std::string_view text = text_of(bytes_of(data, size));
  client::RemoteFacts facts;
  for (;;) {
    const std::string_view line = text.substr(0, text.find('\n'));
    const auto before = facts;
    const bool taken = client::take_fact(line, facts);
    CHECK(!taken || line.starts_with("DOCTOR "));
    CHECK(taken || facts == before);
    if (line.size() == text.size()) break;
    text.remove_prefix(line.size() + 1);
  }
  CHECK(facts.size() <= kNames);
  for (const auto& [name, value] : facts) {
    CHECK(value.size() <= kMaxValueBytes);
    CHECK(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string::npos);
  }
  return 0;
}
