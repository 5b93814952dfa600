#include "bench/shown_screen.h"

#include "base/bytes.h"
#include "proto/host_message.h"
#include "terminal/sgr_writer.h"

namespace sallyport::bench {

using terminal::Cell;
using terminal::Framebuffer;

ShownScreen::ShownScreen(WindowSize window) : window_(window), emulator_(window) {
  states_.emplace(0, emulator_.framebuffer());
}

void ShownScreen::apply(const proto::TransportInstruction& instruction) {
  const auto base = states_.find(instruction.old_num.value());
  if (base == states_.end()) {
    ++faults_;
    return;
  }
  emulator_.continue_from(base->second);
  proto::HostMessageReader reader(instruction.diff);
  proto::HostInstruction element;
  while (reader.next(element)) {
    if (const auto* host = std::get_if<proto::HostBytes>(&element)) emulator_.write(host->bytes);
  }
  states_.insert_or_assign(instruction.new_num.value(), emulator_.framebuffer());
  states_.erase(states_.begin(), states_.lower_bound(instruction.throwaway_num.value()));
}

std::string ShownScreen::text_before_cursor() const {
  const Framebuffer& shown = states_.rbegin()->second;
  const terminal::Position cursor = shown.cursor();
  std::string text;
  for (std::uint32_t column = 0; column < cursor.column; ++column)
    text += shown.store().text(shown.row(cursor.row)[column]);
  return text;
}

std::string ShownScreen::difference(std::string_view printed) const {
  if (faults_ > 0) return "a diff from an unknown state";
  terminal::Emulator program(window_);
  program.write(bytes_of(printed));
  const Framebuffer& wanted = program.framebuffer();
  const Framebuffer& shown = states_.rbegin()->second;
  for (std::uint32_t row = 0; row < wanted.rows(); ++row) {
    for (std::uint32_t column = 0; column < wanted.columns(); ++column) {
      const Cell here = wanted.row(row)[column];
      const Cell there = shown.row(row)[column];
      const bool same_text =
          (here.looks_blank() && there.looks_blank()) || wanted.store().text(here) == shown.store().text(there);
      if (!same_text || stock_rendition(wanted.store().rendition(here.style())) !=
                            stock_rendition(shown.store().rendition(there.style()))) {
        return "row " + std::to_string(row + 1) + ", column " + std::to_string(column + 1) + ": \"" +
               shown.store().text(there) + "\" for \"" + wanted.store().text(here) + "\"";
      }
    }
  }
  return wanted.cursor() == shown.cursor() ? "" : "cursor";
}

}  // namespace sallyport::bench
