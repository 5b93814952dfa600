// What every screen keeps, whatever was printed, and when two are the same. For the harnesses of the emulator.
#pragma once

#include <cstdint>

#include "base/check.h"
#include "terminal/emulator.h"

namespace sallyport::fuzz {

using namespace sallyport::terminal;

// Spec 2.1, 2.6, 2.7.
inline void check_form(const Framebuffer& frame) {
  CHECK(frame.cursor().row < frame.rows() && frame.cursor().column < frame.columns());
  for (std::uint32_t row = 0; row < frame.rows(); ++row) {
    const auto cells = frame.row(row).cells();
    CHECK(cells.size() == frame.columns());
    for (std::size_t at = 0; at < cells.size(); ++at) {
      const bool last = at + 1 == cells.size();
      if (cells[at].wide()) CHECK(!last && cells[at + 1].tail() && frame.row(row).may_have_wide());
      if (cells[at].tail()) CHECK(at > 0 && cells[at - 1].wide() && cells[at].is_empty() && !cells[at].wide());
      if (cells[at].wraps()) CHECK(last);
      if (!cells[at].is_empty()) CHECK(!frame.store().text(cells[at]).empty());
      CHECK(frame.store().text(cells[at]).size() <= kMaxCellBytes);
    }
  }
}

// A link's number says nothing: what is kept decides when numbers are used again.
inline bool same_look(const RowStore& one, Rendition a, const RowStore& other, Rendition b) {
  const Link left = a.link == 0 ? Link{} : one.link(a.link);
  const Link right = b.link == 0 ? Link{} : other.link(b.link);
  a.link = b.link = 0;
  return a == b && left.parameters == right.parameters && left.url == right.url;
}

inline void check_same(Emulator& one, Emulator& other) {
  const Framebuffer& a = one.framebuffer();
  const Framebuffer& b = other.framebuffer();
  CHECK(a.size() == b.size() && a.cursor() == b.cursor() && a.pen() == b.pen() && a.modes() == b.modes());
  CHECK(a.strings() == b.strings() && a.bell_count() == b.bell_count() &&
        a.clipboard_sequence() == b.clipboard_sequence());
  for (std::uint32_t row = 0; row < a.rows(); ++row) {
    for (std::uint32_t column = 0; column < a.columns(); ++column) {
      const Cell x = a.row(row)[column];
      const Cell y = b.row(row)[column];
      CHECK(a.store().text(x) == b.store().text(y) && x.wide() == y.wide() && x.wraps() == y.wraps());
      CHECK(same_look(a.store(), a.store().rendition(x.style()), b.store(), b.store().rendition(y.style())));
    }
  }
  while (true) {
    const auto reply = one.replies().take();
    CHECK(reply == other.replies().take());
    if (!reply) break;
  }
}

}  // namespace sallyport::fuzz
