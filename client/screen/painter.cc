#include "client/screen/painter.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "privsep/client_tty_screen.h"
#include "terminal/utf8.h"

namespace sallyport::client {
namespace {

/// Without DEL, and without what would reach beyond the title into what stands beside it.
std::string cleaned(std::string_view text) {
  std::string out;
  terminal::Utf8Decoder decoder;
  for (const char byte : text) {
    const auto step = decoder.feed(static_cast<std::uint8_t>(byte));
    if (!step.has_code_point || step.code_point == 0x7F) continue;
    if (!privsep::client::turns_direction(step.code_point)) terminal::append_utf8(out, step.code_point);
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
