// PredictionEngine: drawing. Specification: prediction 7.1, 7.2.
#include "client/screen/prediction.h"
#include "terminal/row_store.h"

namespace sallyport::client {
namespace {

using terminal::Cell;
using terminal::Framebuffer;
using terminal::Position;

void set_cell(Framebuffer& copy, Position at, const CellLook& look) {
  const Cell cell = look.cell(copy.mutable_store());
  const terminal::RowWriter row = copy.writable_row(at.row);
  row.note(cell.wide() || cell.tail(), cell.is_cluster() || terminal::is_table_style(cell.style()));
  const std::uint64_t wrap = row.cells()[at.column].bits() & Cell::kWrap;
  row.cells()[at.column] = cell.with(wrap);
}

// Guesses may have replaced one half of a two-column character: what is left of it is blanked.
void mend_halves(Framebuffer& copy, std::uint32_t row_number) {
  if (!copy.row(row_number).may_have_wide()) return;
  const terminal::RowWriter row = copy.writable_row(row_number);
  Cell* const cells = row.cells();
  for (std::uint32_t i = 0; i < row.columns(); ++i) {
    const bool pair = cells[i].wide() && i + 1 < row.columns() && cells[i + 1].tail();
    if (pair) {
      ++i;
    } else if (cells[i].wide() || cells[i].tail()) {
      cells[i] = Cell::empty(cells[i].style()).with(cells[i].bits() & Cell::kWrap);
    }
  }
}

}  // namespace

bool PredictionEngine::shows() const {
  switch (settings_.mode) {
    case PredictionMode::kNever:
      return false;
    case PredictionMode::kAdaptive:
      return slow_link_ || glitch_ > 0;
    case PredictionMode::kAlways:
    case PredictionMode::kExperimental:
      return true;
  }
  return false;
}

void PredictionEngine::apply(Framebuffer& copy) const {
  if (!shows()) return;
  for (const CursorGuess& cursor : cursors_) {
    const bool inside = cursor.at.row < copy.rows() && cursor.at.column < copy.columns();
    if (inside && !is_tentative(cursor.epoch)) copy.set_cursor(cursor.at);
  }
  for (const RowGuess& row : rows_) {
    if (row.row < copy.rows()) apply_row(row, copy);
  }
}

void PredictionEngine::apply_row(const RowGuess& row, Framebuffer& copy) const {
  bool changed = false;
  for (std::uint32_t i = 0; i < row.cells.size() && i < copy.columns(); ++i) {
    const CellGuess& guess = row.cells[i];
    if (!guess.active || is_tentative(guess.epoch)) continue;
    const Position at{row.row, i};
    const CellLook there = CellLook::of(copy, at);
    const bool underline = flagging_ && !(guess.look.is_blank() && there.is_blank());
    if (guess.unknown ? !underline || i + 1 == copy.columns() : guess.look == there) continue;
    CellLook shown = guess.unknown ? there : guess.look;
    if (underline) shown.rendition.set_underline(terminal::Underline::kSingle);
    set_cell(copy, at, shown);
    changed = true;
  }
  if (changed) mend_halves(copy, row.row);
}

}  // namespace sallyport::client
