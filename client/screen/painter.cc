#include "client/screen/painter.h"

#include <algorithm>
#include <string>
#include <string_view>

namespace sallyport::client {
namespace {

/// Without DEL, and without what turns the direction of writing (U+202A to U+202E, U+2066 to U+2069), which would reach
/// beyond the title into what stands beside it.
std::string cleaned(std::string_view text) {
  const auto turns_direction = [](std::string_view at) {
    return (at.starts_with("\xE2\x80") && at.size() > 2 && at[2] >= '\xAA' && at[2] <= '\xAE') ||
           (at.starts_with("\xE2\x81") && at.size() > 2 && at[2] >= '\xA6' && at[2] <= '\xA9');
  };
  std::string out;
  while (!text.empty()) {
    const std::size_t skipped = text.front() == '\x7F' ? 1 : turns_direction(text) ? 3 : 0;
    if (skipped == 0) out += text.front();
    text.remove_prefix(std::max<std::size_t>(skipped, 1));
  }
  return out;
}

// Ours: what a repaint of an ordinary screen needs is kept for the next frame, more is not.
constexpr std::size_t kKeptBytes = std::size_t{256} << 10U;

constexpr const char* kTitlePrefix = "[mosh] ";  // compat

}  // namespace

std::span<const std::byte> Painter::paint(const terminal::Framebuffer& wanted) {
  if (out_.capacity() > kKeptBytes) out_.shrink();
  out_.clear();
  const auto receiver = known_ ? terminal::Receiver::kShowsBase : terminal::Receiver::kUnknown;
  const terminal::DiffExtent extent = display_.write(shown_, wanted, receiver, out_, kFrameBudget);
  complete_ = extent.rows == wanted.rows();
  terminal::Framebuffer shown = wanted;
  if (!complete_ && extent.repainted) shown.fill_rows(extent.rows, wanted.rows(), terminal::Cell());
  if (!complete_ && !extent.repainted) shown.take_rows(extent.rows, wanted.rows(), shown_);
  shown_ = std::move(shown);
  known_ = true;
  return out_.bytes();
}

terminal::Framebuffer fitted(const terminal::Framebuffer& frame, WindowSize window) {
  terminal::Framebuffer fit = frame;
  if (frame.size() == window) return fit;
  const terminal::Position cursor = frame.cursor();
  const std::uint32_t lost = cursor.row >= window.rows ? cursor.row - (window.rows - 1) : 0;
  fit.resize(window, lost, terminal::Cell());
  fit.set_cursor({cursor.row - lost, std::min(cursor.column, window.columns - 1)});
  return fit;
}

void put_title_prefix(terminal::Framebuffer& frame) {
  if (!frame.title_was_set()) return;
  terminal::Strings& strings = frame.mutable_strings();
  const bool same = strings.icon_name == strings.window_title;
  strings.window_title.insert(0, kTitlePrefix);
  if (same) strings.icon_name = strings.window_title;
}

void clean_titles(terminal::Framebuffer& frame) {
  const auto clean = [](const std::string& text) { return cleaned(text) == text; };
  if (clean(frame.strings().icon_name) && clean(frame.strings().window_title)) return;
  terminal::Strings& strings = frame.mutable_strings();
  strings.icon_name = cleaned(strings.icon_name);
  strings.window_title = cleaned(strings.window_title);
}

}  // namespace sallyport::client
