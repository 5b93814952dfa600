// PredictionEngine: what each key will do. Specification: prediction 5, 6.5, 7.4.
#include "client/screen/prediction.h"

#include <algorithm>

#include "terminal/row_store.h"
#include "terminal/width.h"

namespace sallyport::client {
namespace {

using terminal::Framebuffer;
using terminal::Position;

// spec: prediction 2, "paste limit".
constexpr std::uint32_t kPasteBytes = 100;
// ours: of one line typed; more is not counted.
constexpr std::uint32_t kMaxColumns = 1U << 20U;
// ours: keys on the way of which the engine remembers where they leave the cursor.
constexpr std::size_t kMaxSteps = 1024;

// Columns that a kernel's echo of this byte fills at most: "^A", a tab.
std::uint32_t echoed_columns(std::byte byte) {
  const auto value = std::to_integer<std::uint8_t>(byte);
  if (value == '\t') return 8;
  return value < 0x20 || value == 0x7F ? 2 : 1;
}

bool submits(const Key& key) { return key.kind == Key::Kind::kLineFeed || key.kind == Key::Kind::kEnter; }

}  // namespace

void PredictionEngine::type(std::span<const std::byte> bytes, std::uint32_t read_bytes, StateNumber sent,
                            const Framebuffer& frame, TimePoint now) {
  if (settings_.mode == PredictionMode::kNever) return;
  sent_ = sent.value();
  now_ = now;
  const bool experimental = settings_.mode == PredictionMode::kExperimental;
  if (experimental) epoch_ = confirmed_;
  cull(frame, now);  // once for the read: nothing that it types can be due before it is sent
  if (keys_.begin_read(now)) become_tentative();
  if (read_bytes > kPasteBytes) {
    reset();
    keys_.reset();
    handle({}, frame);
    note_submission(/*text=*/false);
    typed_columns_ = kMaxColumns;
    return;
  }
  for (const std::byte byte : bytes) {
    if (experimental) epoch_ = confirmed_;
    const KeyParser::Keys keys = keys_.feed(std::to_integer<std::uint8_t>(byte));
    for (const Key& key : keys.all()) handle(key, frame);
    const bool submitted = std::any_of(keys.all().begin(), keys.all().end(), submits);
    typed_columns_ = submitted ? 0 : std::min(typed_columns_ + echoed_columns(byte), kMaxColumns);
  }
}

void PredictionEngine::handle(const Key& key, const Framebuffer& frame) {
  if (key.kind != Key::Kind::kHard && !submits(key)) ++counters_.keys;
  if (on_the_way_.size() == kMaxSteps) on_the_way_.erase(on_the_way_.begin());
  on_the_way_.push_back({.key = key,
                         .due = due_when_typed(),
                         .serial = ++last_key_,
                         .born = now_,
                         .ahead = echo_ack_ < submitted_due_,
                         .text = submitted_text_,
                         .columns_before = typed_columns_});
  predict(on_the_way_.back(), frame);
}

// What was guessed was wrong, and keys are on the way: the server's screen does not have them yet. They are guessed
// about anew from there, as tentative as any new epoch, or all that is typed before the next pause would be guessed in
// a wrong place.
void PredictionEngine::predict_again(const Framebuffer& frame) {
  rows_.clear();
  cursors_.clear();
  path_.clear();
  context_.reset();
  const TimePoint now = now_;
  for (const Typed& typed : on_the_way_) {
    now_ = typed.born;
    predict(typed, frame);
  }
  now_ = now;
}

void PredictionEngine::predict(const Typed& typed, const Framebuffer& frame) {
  current_ = typed;
  current_.key = Key();  // what was typed is kept in one place
  const Key& key = typed.key;
  if (key.kind == Key::Kind::kHard) return become_tentative();
  if (submits(key)) {
    const bool text = line_began_ && !is_tentative(epoch_) && !moved_by_itself(frame);
    become_tentative();
    note_submission(text);
    if (key.kind == Key::Kind::kEnter) newline(frame);
    return;
  }
  const Position cursor = cursors_.empty() ? frame.cursor() : cursors_.back().at;
  current_.bare = cursor.column <= typed.columns_before;
  if (bar_shown_ && cursor.row == 0) return become_tentative();
  switch (key.kind) {
    case Key::Kind::kCharacter:
      return character(key.code_point, frame);
    case Key::Kind::kBackspace:
      return backspace(frame);
    case Key::Kind::kLeft:
      return move_left(frame);
    case Key::Kind::kRight:
      return move_right(frame);
    case Key::Kind::kEnter:
    case Key::Kind::kLineFeed:
    case Key::Kind::kHard:
      break;
  }
}

void PredictionEngine::character(char32_t code_point, const Framebuffer& frame) {
  const terminal::CharacterWidth width = terminal::width_of(code_point);
  if (width.columns == 1 && !width.dropped) return narrow(code_point, frame);
  (void)ensure_cursor(frame);
  // Where terminals disagree about the width nobody can say what will be seen.
  if (width.dropped || width.unstable) return become_tentative();
  if (width.columns == 2) return wide(code_point, frame);
  combining(code_point, frame);
}

void PredictionEngine::narrow(char32_t code_point, const Framebuffer& frame) {
  const Position at = ensure_cursor(frame).at;
  const bool last_column = at.column + 1 >= frame.columns();
  // Editors draw a continuation mark in the last column, shells do not.
  if (last_column) become_tentative();
  RowGuess* const row = row_for(at.row, frame);
  if (row == nullptr) return become_tentative();
  if (!settings_.overwrite) make_room(*row, at.column, 1, frame);
  put(*row, at.column, CellLook(code_point, typed_rendition(at, frame)), frame);
  if (!last_column) return move_cursor({at.row, at.column + 1});
  move_cursor(at);
  become_tentative();
  newline(frame);
}

// The same for a character of two columns. In the last one nobody knows what happens to it.
void PredictionEngine::wide(char32_t code_point, const Framebuffer& frame) {
  const Position at = ensure_cursor(frame).at;
  if (at.column + 2 >= frame.columns()) return become_tentative();
  RowGuess* const row = row_for(at.row, frame);
  if (row == nullptr) return become_tentative();
  if (!settings_.overwrite) make_room(*row, at.column, 2, frame);
  CellLook look(code_point, typed_rendition(at, frame));
  look.set_wide();
  put(*row, at.column, look, frame);
  put(*row, at.column + 1, CellLook::tail(look.rendition), frame);
  move_cursor({at.row, at.column + 2});
}

// A mark joins the character before the cursor, if one is there.
void PredictionEngine::combining(char32_t code_point, const Framebuffer& frame) {
  const Position at = ensure_cursor(frame).at;
  if (at.column == 0) return become_tentative();
  Position base{at.row, at.column - 1};
  if (base.column > 0 && expected_look(base, frame).is_tail()) --base.column;
  CellLook look = expected_look(base, frame);
  RowGuess* const row = row_for(at.row, frame);
  const bool unknown = row != nullptr && row->cells[base.column].active && row->cells[base.column].unknown;
  if (row == nullptr || unknown || look.is_blank() || !look.combine(code_point)) return become_tentative();
  put(*row, base.column, look, frame);
  move_cursor(at);
}

void PredictionEngine::backspace(const Framebuffer& frame) {
  Position at = ensure_cursor(frame).at;
  if (at.column == 0) return;
  RowGuess* const row = row_for(at.row, frame);
  if (row == nullptr) return become_tentative();
  const std::uint32_t count = at.column > 1 && expected_look({at.row, at.column - 1}, frame).is_tail() ? 2 : 1;
  at.column -= count;
  move_cursor(at);
  if (!settings_.overwrite) return close_gap(*row, at.column, count, frame);
  for (std::uint32_t i = at.column; i < at.column + count; ++i) {
    put(*row, i, CellLook(U' ', CellLook::of(frame, {at.row, i}).rendition), frame);
  }
}

void PredictionEngine::move_left(const Framebuffer& frame) {
  const Position at = ensure_cursor(frame).at;
  if (at.column == 0) return;
  const bool over_wide = at.column > 1 && expected_look({at.row, at.column - 1}, frame).is_tail();
  move_cursor({at.row, at.column - (over_wide ? 2 : 1)});
}

void PredictionEngine::move_right(const Framebuffer& frame) {
  const Position at = ensure_cursor(frame).at;
  if (at.column + 1 >= frame.columns()) return;
  const bool over_wide = at.column + 2 < frame.columns() && expected_look(at, frame).is_wide();
  move_cursor({at.row, at.column + (over_wide ? 2 : 1)});
}

void PredictionEngine::newline(const Framebuffer& frame) {
  const Position at = ensure_cursor(frame).at;
  if (at.row + 1 < frame.rows()) return move_cursor({at.row + 1, 0});
  move_cursor({at.row, 0});
  // Scrolling is not predicted; only that this row will be another one.
  RowGuess* const row = row_for(at.row, frame);
  if (row == nullptr) return;
  for (CellGuess& guess : row->cells) {
    guess.active = true;
    guess.ahead = true;
    guess.due = current_.due;
    guess.epoch = epoch_;
    guess.key = current_.serial;
    guess.born = now_;
    guess.look.empty();
  }
}

// ---- Cells ----

CellGuess& PredictionEngine::renew(RowGuess& row, std::uint32_t column, const Framebuffer& frame) {
  CellGuess& guess = row.cells[column];
  guess.recycle();
  guess.active = true;
  guess.unknown = false;
  guess.ahead = current_.ahead;
  guess.text = current_.text;
  guess.bare = current_.bare;
  guess.first = current_.columns_before == 0;
  guess.due = current_.due;
  guess.epoch = epoch_;
  guess.key = current_.serial;
  guess.born = now_;
  guess.originals.add(CellLook::of(frame, {row.row, column}));
  return guess;
}

void PredictionEngine::put(RowGuess& row, std::uint32_t column, const CellLook& look, const Framebuffer& frame) {
  renew(row, column, frame).look = look;
}

// Everything from `column` on moves right. Nobody knows what happens at the right edge: the line wraps, or is cut.
void PredictionEngine::make_room(RowGuess& row, std::uint32_t column, std::uint32_t count, const Framebuffer& frame) {
  const std::uint32_t width = frame.columns();
  for (std::uint32_t i = width - 1; i >= column + count; --i) {
    CellGuess& guess = renew(row, i, frame);
    const CellGuess& from = row.cells[i - count];
    if (i + count >= width) {
      guess.unknown = true;
    } else if (from.active) {
      guess.unknown = from.unknown;
      guess.look = from.look;
    } else {
      guess.look = CellLook::of(frame, {row.row, i - count});
    }
  }
}

// Everything right of the gap moves left; what enters at the right edge is not known.
void PredictionEngine::close_gap(RowGuess& row, std::uint32_t column, std::uint32_t count, const Framebuffer& frame) {
  const std::uint32_t width = frame.columns();
  for (std::uint32_t i = column; i < width; ++i) {
    CellGuess& guess = renew(row, i, frame);
    if (i + count + 1 >= width) {
      guess.unknown = true;
      continue;
    }
    const CellGuess& from = row.cells[i + count];
    guess.unknown = from.active && from.unknown;
    guess.look = from.active ? from.look : CellLook::of(frame, {row.row, i + count});
  }
}

CellLook PredictionEngine::expected_look(Position at, const Framebuffer& frame) const {
  const CellGuess* const guess = guess_at(at);
  return guess != nullptr && !guess->unknown ? guess->look : CellLook::of(frame, at);
}

// Typed text looks like what is to its left.
terminal::Rendition PredictionEngine::typed_rendition(Position at, const Framebuffer& frame) const {
  if (at.column == 0) return frame.pen();
  const CellLook left = expected_look({at.row, at.column - 1}, frame);
  if (left.is_tail() && at.column > 1) return expected_look({at.row, at.column - 2}, frame).rendition;
  return left.rendition;
}

RowGuess* PredictionEngine::row_for(std::uint32_t row, const Framebuffer& frame) {
  const auto found =
      std::find_if(rows_.begin(), rows_.end(), [row](const RowGuess& known) { return known.row == row; });
  if (found != rows_.end()) return &*found;
  if ((rows_.size() + 1) * frame.columns() > kMaxGuessedCells) return nullptr;
  rows_.push_back({row, {}});
  rows_.back().cells.resize(frame.columns());
  return &rows_.back();
}

const CellGuess* PredictionEngine::guess_at(Position at) const {
  for (const RowGuess& row : rows_) {
    if (row.row != at.row || at.column >= row.cells.size()) continue;
    return row.cells[at.column].active ? &row.cells[at.column] : nullptr;
  }
  return nullptr;
}

// ---- Cursor and epochs ----

// A screen whose cursor is where no key put it was changed by a program on its own: it may have asked for a password
// since it last echoed. What was trusted before is not any more.
bool PredictionEngine::moved_by_itself(const Framebuffer& frame) const {
  return cursors_.empty() ? context_ != context_of(frame) : step_at(frame.cursor()) == nullptr;
}

PredictionEngine::CursorGuess& PredictionEngine::ensure_cursor(const Framebuffer& frame) {
  if (!is_tentative(epoch_) && moved_by_itself(frame)) become_tentative();
  if (cursors_.empty()) {
    path_.clear();
    path_.push_back({frame.cursor(), 0, 0});
    cursors_.push_back({frame.cursor(), current_.due, epoch_});
  } else {
    if (cursors_.back().epoch != epoch_) cursors_.push_back({cursors_.back().at, current_.due, epoch_});
  }
  context_.reset();
  return cursors_.back();
}

// After a key: ensure_cursor() came before.
void PredictionEngine::move_cursor(Position to) {
  cursors_.back().at = to;
  cursors_.back().due = current_.due;
  cursors_.back().key = current_.serial;
  if (path_.size() == kMaxSteps) path_.erase(path_.begin() + 1);
  path_.push_back({to, current_.due, current_.serial});
}

void PredictionEngine::become_tentative() {
  line_began_ = false;
  if (settings_.mode != PredictionMode::kExperimental) ++epoch_;
}

void PredictionEngine::note_submission(bool text) {
  if (current_.serial <= submitted_key_) return;  // guessed about anew
  submitted_key_ = current_.serial;
  submitted_due_ = current_.due;
  submitted_at_ = current_.born;
  submitted_text_ = text;
  answered_at_ = kNever;
}

std::uint64_t PredictionEngine::due_when_typed() const { return sent_ == UINT64_MAX ? sent_ : sent_ + 1; }

void PredictionEngine::reset() {
  rows_.clear();
  cursors_.clear();
  path_.clear();
  context_.reset();
  become_tentative();
}

std::uint64_t PredictionEngine::cursor_key() const {
  const auto shown = std::find_if(cursors_.rbegin(), cursors_.rend(),
                                  [this](const CursorGuess& cursor) { return !is_tentative(cursor.epoch); });
  return shows() && shown != cursors_.rend() ? shown->key : 0;
}

bool PredictionEngine::has_active() const {
  return std::any_of(rows_.begin(), rows_.end(), [](const RowGuess& row) {
    return std::any_of(row.cells.begin(), row.cells.end(), [](const CellGuess& guess) { return guess.active; });
  });
}

}  // namespace sallyport::client
