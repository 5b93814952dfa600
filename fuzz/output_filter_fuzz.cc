// Targets: client::OutputFilter
#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "client/tty/output_filter.h"

namespace {

using sallyport::text_of;

bool all_of(std::string_view text, std::string_view allowed) {
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

/// Another opinion on one CSI sequence, from its text between CSI and the final byte.
bool is_known_csi(std::string_view parameters, char final) {
  constexpr std::string_view kDigits = "0123456789";
  if (final == 'h' || final == 'l') {
    constexpr std::array<std::string_view, 13> kModes = {"?5",    "?9",    "?25",   "?1000", "?1001", "?1002", "?1003",
                                                         "?1004", "?1005", "?1006", "?1015", "?2004", "?2026"};
    return std::ranges::find(kModes, parameters) != kModes.end();
  }
  if (final == 'K') return parameters.empty();
  if (final == 'J') return parameters.empty() || parameters == "2";
  if (final == 'm') return all_of(parameters, "0123456789;") && parameters.size() <= 100;
  const bool two = final == 'H' || final == 'r';
  if (!two && std::string_view("ABCDGdXST").find(final) == std::string_view::npos) return false;
  if (!all_of(parameters, two ? "0123456789;" : kDigits)) return false;
  return std::ranges::count(parameters, ';') <= 1 && parameters.size() <= (two ? 9U : 4U);
}

/// The accepted text cut into sequences in a simple way: every escape sequence must be of a known kind, and no other
/// control remains.
void check_accepted(std::string_view text, bool clipboard) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte != 0x1B) {
      CHECK(byte >= 0x20 ? byte != 0x7F : byte == '\a' || byte == '\b' || byte == '\n' || byte == '\r');
      // A C1 control would be C2 80 to C2 9F.
      CHECK(byte != 0xC2 || (i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) >= 0xA0));
      ++i;
      continue;
    }
    CHECK(i + 2 < text.size());
    const bool is_csi = text[i + 1] == '[';
    CHECK(is_csi || text[i + 1] == ']');
    const std::string_view rest = text.substr(i + 2);
    const std::size_t length = is_csi ? std::min(rest.find_first_not_of("0123456789;?"), rest.size()) : rest.find('\a');
    CHECK(length < rest.size());
    const std::string_view body = rest.substr(0, length);
    if (is_csi) {
      CHECK(is_known_csi(body, rest[length]));
    } else {
      const bool title = body.starts_with("0;") || body.starts_with("1;") || body.starts_with("2;");
      CHECK(title || (clipboard && body.starts_with("52;c;")));
      CHECK(body.size() <= std::max(sallyport::client::kMaxTitleBytes + 2, sallyport::client::kMaxClipboardBytes + 5));
      CHECK(std::ranges::none_of(body, [](char c) { return (static_cast<unsigned char>(c) < 0x20) || c == 0x7F; }));
      CHECK(title || body.find('?') == std::string_view::npos);
    }
    i += 2 + length + 1;
  }
}

}  // namespace

// The first byte: whether the clipboard is on, and where the rest is split in two.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  if (size == 0) return 0;
  const auto clipboard = (data[0] & 1U) != 0 ? client::Clipboard::kAllowed : client::Clipboard::kRefused;
  const auto frame = bytes_of(data + 1, size - 1);
  client::OutputFilter whole(clipboard);
  const bool accepted = whole.take(frame) && whole.between();
  client::OutputFilter split(clipboard);
  const std::size_t at = std::min<std::size_t>(data[0] >> 1U, frame.size());
  const bool first = split.take(frame.first(at));
  CHECK((split.take(frame.subspan(at)) && first && split.between()) == accepted);
  if (accepted) check_accepted(text_of(frame), clipboard == client::Clipboard::kAllowed);
  return 0;
}
