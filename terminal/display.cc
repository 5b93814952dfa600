#include "terminal/display.h"

#include <string_view>

namespace sallyport::terminal {
namespace {

/// spec: terminal 2.8: "0;" and the title make at most 256 code points.
constexpr std::size_t kMaxTitleCodePoints = 254;
/// Bytes of one cell at most: its text, and a complete rendition with two RGB colours before it (terminal 6.9); ours:
/// a move too.
constexpr std::size_t kMaxCellDiffBytes = kMaxCellBytes + 48 + 12;
/// ours: for the last move, the modes and the rendition after the rows.
constexpr std::size_t kTrailerBytes = 512;

std::string_view cut_title(std::string_view title) {
  std::size_t points = 0;
  for (std::size_t i = 0; i < title.size(); ++i) {
    const bool starts = (static_cast<unsigned char>(title[i]) & 0xC0U) != 0x80;
    if (starts && ++points > kMaxTitleCodePoints) {
      return title.substr(0, i);
    }
  }
  return title;
}

void put_string(std::string_view introducer, std::string_view text, DiffBuffer& out) {
  out.put("\033]");
  out.put(introducer);
  out.put(text);
  out.put('\a');
}

void put_mode(std::uint32_t mode, bool set, DiffBuffer& out) {
  out.put("\033[?");
  out.number(mode);
  out.put(set ? 'h' : 'l');
}

/// Bell, titles, clipboard: steps 1 to 3 of terminal 6.3.
void write_strings(const Framebuffer& base, const Framebuffer& wanted, bool full, const DisplayOptions& options,
                   DiffBuffer& out) {
  if (base.bell_count() != wanted.bell_count()) {
    out.put('\a');
  }
  const Strings& strings = wanted.strings();
  if (options.has_title && wanted.title_was_set() &&
      (full || base.title_was_set() != wanted.title_was_set() || base.strings().icon_name != strings.icon_name ||
       base.strings().window_title != strings.window_title)) {
    if (strings.icon_name == strings.window_title) {
      put_string("0;", cut_title(strings.window_title), out);
    } else {
      put_string("1;", cut_title(strings.icon_name), out);
      put_string("2;", cut_title(strings.window_title), out);
    }
  }
  // Copying the same text again counts; so does a reset, which empties it as in stock.
  if (options.has_clipboard &&
      (base.clipboard_sequence() != wanted.clipboard_sequence() || base.strings().clipboard != strings.clipboard)) {
    put_string("52;c;", strings.clipboard, out);
  }
}

/// One of several modes, named by their numbers, 0 for none of them: off is each of `all`, highest first.
void write_choice(std::uint32_t base, std::uint32_t wanted, bool full, std::span<const std::uint32_t> all,
                  DiffBuffer& out) {
  if (!full && base == wanted) {
    return;
  }
  if (wanted == 0) {
    for (const std::uint32_t mode : all) {
      put_mode(mode, /*set=*/false, out);
    }
    return;
  }
  if (base != 0 && base != wanted) {
    put_mode(base, /*set=*/false, out);
  }
  put_mode(wanted, /*set=*/true, out);
}

/// Steps 13 to 16 of terminal 6.3.
void write_modes(const Modes& base, const Modes& wanted, bool full, DiffBuffer& out) {
  constexpr std::uint32_t kReporting[] = {1003, 1002, 1001, 1000};
  constexpr std::uint32_t kEncoding[] = {1015, 1006, 1005};
  if (full || base.bracketed_paste != wanted.bracketed_paste) {
    put_mode(2004, wanted.bracketed_paste, out);
  }
  if (base.mouse == MouseReporting::kX10 && wanted.mouse == MouseReporting::kNone) {
    put_mode(9, /*set=*/false, out);
  }
  write_choice(static_cast<std::uint32_t>(base.mouse), static_cast<std::uint32_t>(wanted.mouse), full, kReporting,
               out);
  if (full || base.focus_events != wanted.focus_events) {
    put_mode(1004, wanted.focus_events, out);
  }
  write_choice(static_cast<std::uint32_t>(base.encoding), static_cast<std::uint32_t>(wanted.encoding), full,
               kEncoding, out);
}

}  // namespace

std::uint32_t Display::write_rows(const Framebuffer& wanted, ScreenWriter& writer, std::size_t limit) const {
  const std::size_t row_bytes = wanted.columns() * kMaxCellDiffBytes + kTrailerBytes;
  const std::uint32_t clear_from = first_row_to_clear(wanted);
  bool continued = false;
  for (std::uint32_t row = changed_.first; row < changed_.last || continued; ++row) {
    if (row >= clear_from && !continued) {
      writer.move(row, 0);
      writer.set_style(wanted.row(row)[0].style());
      writer.erase_to_screen_end();
      break;
    }
    if (writer.out().size() + row_bytes > limit) {
      return row;
    }
    continued = write_row(wanted, row, continued, writer);
  }
  return wanted.rows();
}

std::uint32_t Display::write_screen(const Framebuffer& base, const Framebuffer& wanted, Repaint repaint,
                                    ScrollSearch search, DiffBuffer& out, std::size_t limit) {
  const std::size_t begin = out.size();
  ScreenWriter writer(out, wanted.store(), repaint == Repaint::kAll ? wanted : base);
  std::uint32_t rows = wanted.rows();
  if (repaint == Repaint::kAll) {
    shown_.assign(rows, nullptr);
    changed_ = {0, rows};
    writer.clear_screen();
    rows = write_rows(wanted, writer, limit);
  } else if (!base.same_rows(wanted)) {
    shown_.resize(rows);
    changed_ = wanted.differing_rows(base);
    for (std::uint32_t row = changed_.first; row < changed_.last; ++row) {
      shown_[row] = &base.row(row);
    }
    if (search == ScrollSearch::kOn) {
      scroll(wanted, writer);
    }
    rows = write_rows(wanted, writer, limit);
  }
  const Position cursor = wanted.cursor();
  if (out.size() != begin || !(cursor == base.cursor())) {
    writer.move(cursor.row, cursor.column,
                cursor.row < rows ? wanted.row(cursor.row).cells() : std::span<const Cell>());
  }
  if (repaint == Repaint::kAll || base.modes().cursor_visible != wanted.modes().cursor_visible) {
    put_mode(25, wanted.modes().cursor_visible, out);
  }
  writer.set_rendition(wanted.pen());
  return rows;
}

DiffExtent Display::write(const Framebuffer& base, const Framebuffer& wanted, Receiver receiver, DiffBuffer& out,
                          std::size_t budget) {
  const std::size_t limit = out.size() + budget;
  const bool unknown = receiver == Receiver::kUnknown;
  const auto repaint = unknown || !(base.size() == wanted.size()) ? Repaint::kAll : Repaint::kChanges;
  write_strings(base, wanted, unknown, options_, out);
  if (repaint == Repaint::kAll || base.modes().reverse_video != wanted.modes().reverse_video) {
    put_mode(5, wanted.modes().reverse_video, out);
  }
  const std::size_t begin = out.size();
  std::uint32_t rows = write_screen(base, wanted, repaint, ScrollSearch::kOn, out, limit);
  if (rows < wanted.rows() && repaint == Repaint::kChanges) {
    // What was not written must be the base's row in the same place.
    out.truncate(begin);
    rows = write_screen(base, wanted, repaint, ScrollSearch::kOff, out, limit);
  }
  write_modes(base.modes(), wanted.modes(), repaint == Repaint::kAll, out);
  return {.rows = rows, .repainted = repaint == Repaint::kAll};
}

}  // namespace sallyport::terminal
