// Targets: client::BootstrapOutput, client::VisibleText, client::normal_address
#include <algorithm>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/check.h"
#include "client/bootstrap/addresses.h"
#include "client/bootstrap/output.h"

namespace {

using namespace sallyport;
using client::BootstrapOutput;

/// The first byte: whether the address is known, and where the rest is divided.
void read(BootstrapOutput& output, std::span<const std::byte> text, std::size_t piece, std::string& shown) {
  while (!text.empty()) {
    const std::size_t n = std::min(piece, text.size());
    (void)output.feed(text.first(n), shown);
    text = text.subspan(n);
  }
  (void)output.finish(shown);
}

void check_shown(const std::string& shown) {
  for (const char c : shown) CHECK(c == '\n' || c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f));
  CHECK(shown.find("\xC2\x9B") == std::string::npos);
}

/// A line of `text` says exactly this, but for blanks at its end.
void check_connected(const BootstrapOutput& output, std::string_view text) {
  const std::string line = "MOSH CONNECT " + std::to_string(output.port()) + " " + std::string(output.key());
  CHECK(output.port() != 0 && output.key().size() == 22);
  for (std::size_t at = text.find(line);; at = text.find(line, at + 1)) {
    CHECK(at != std::string_view::npos);
    const std::size_t end = text.find_first_not_of(" \t\r", at + line.size());
    if ((at == 0 || text[at - 1] == '\n') && (end == std::string_view::npos || text[end] == '\n')) return;
  }
}

}  // namespace

// Whatever ssh prints: nothing of it reaches the terminal as a control sequence, addresses are numeric, a session is taken
// only from a line that says exactly so, and any division of the text reads the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const auto rule = (data[0] & 1U) != 0 ? BootstrapOutput::Address::kKnown : BootstrapOutput::Address::kAwaited;
  const auto text = bytes_of(data + 1, size - 1);
  BootstrapOutput whole(rule);
  BootstrapOutput divided(rule);
  std::string shown;
  std::string shown_divided;
  read(whole, text, text.size() + 1, shown);
  read(divided, text, 1 + data[0] / 2U, shown_divided);
  check_shown(shown);
  CHECK(shown == shown_divided && whole.state() == divided.state() && whole.failure() == divided.failure());
  CHECK(whole.address() == divided.address() && whole.remote_address() == divided.remote_address());
  CHECK(whole.port() == divided.port() && whole.key() == divided.key() && whole.lines() == divided.lines());
  CHECK(whole.lines().size() <= client::kMaxRememberedLines);
  check_shown(whole.failure());
  if (whole.state() == BootstrapOutput::State::kConnected) check_connected(whole, text_of(text));
  for (const auto& address : {whole.address(), whole.remote_address()}) {
    if (address) CHECK(client::normal_address(*address) == address);
  }
  if (rule == BootstrapOutput::Address::kKnown) CHECK(!whole.address());
  return 0;
}
