// PredictionEngine: which guesses were right. Specification: prediction 6, and 7.4 for the timer.
#include <algorithm>

#include "client/screen/prediction.h"

namespace sallyport::client {
namespace {

using terminal::Framebuffer;
using terminal::Position;

// spec: prediction 2, "Constants".
constexpr std::uint32_t kSlowAboveMs = 30;
constexpr std::uint32_t kFastUpToMs = 20;
constexpr std::uint32_t kFlagAboveMs = 80;
constexpr std::uint32_t kNoFlagUpToMs = 50;
constexpr Duration kOverdue = std::chrono::milliseconds(250);
constexpr Duration kLongOverdue = std::chrono::milliseconds(5000);
constexpr Duration kQuickInterval = std::chrono::milliseconds(150);
constexpr int kGlitchToShow = 10;
constexpr int kGlitchToFlag = 20;
// ours: until so long after an Enter's answer was seen an echo without a prompt may be the kernel's, in front of a
// program that has yet to turn that off to ask for a password. Half a second of it is for frames that travel unevenly.
constexpr Duration kSilence = std::chrono::milliseconds(2500);
// ours: the same after a line of a text, where what comes next is most likely another one.
constexpr Duration kTextSilence = std::chrono::milliseconds(500);
// ours: how far left of the cursor a change is one of the prompt's, not of a window beside it.
constexpr std::uint32_t kContextColumns = 16;
// compat: prediction 7.4; for a guess that should have changed something already.
constexpr Duration kPoll = std::chrono::milliseconds(50);

}  // namespace

void PredictionEngine::cull(const Framebuffer& frame, TimePoint now) {
  if (settings_.mode == PredictionMode::kNever) return;
  now_ = now;
  if (size_ != frame.size()) {
    size_ = frame.size();
    reset();
  }
  update_display_level();
  if (answered_at_ == kNever && submitted_due_ <= echo_ack_) answered_at_ = now;
  const auto first = std::find_if(on_the_way_.begin(), on_the_way_.end(),
                                  [this](const Typed& typed) { return typed.due > echo_ack_; });
  // Nothing of what was typed stays behind the end.
  const auto kept = std::move(first, on_the_way_.end(), on_the_way_.begin());
  std::fill(kept, on_the_way_.end(), Typed());
  on_the_way_.erase(kept, on_the_way_.end());
  if (rows_.empty() && cursors_.empty()) return;
  dropped_ = false;
  judge_all(frame);
  if (dropped_ && !on_the_way_.empty()) predict_again(frame);
}

void PredictionEngine::judge_all(const Framebuffer& frame) {
  while (path_.size() > 1 && path_[1].due <= echo_ack_) path_.pop_front();
  const bool seen = echo_seen(frame);
  for (RowGuess& row : rows_) {
    if (cull_row(row, frame, seen) == Verdict::kAllDropped) return;
  }
  if (cull_cursors(frame) == Verdict::kAllDropped) return;
  std::erase_if(rows_, [](const RowGuess& row) {
    return std::none_of(row.cells.begin(), row.cells.end(), [](const CellGuess& guess) { return guess.active; });
  });
}

void PredictionEngine::update_display_level() {
  if (send_interval_ms_ > kSlowAboveMs) {
    slow_link_ = true;
  } else if (slow_link_ && send_interval_ms_ <= kFastUpToMs && cursors_.empty() && !has_active()) {
    slow_link_ = false;
  }
  if (send_interval_ms_ > kFlagAboveMs) {
    flagging_ = true;
  } else if (send_interval_ms_ <= kNoFlagUpToMs) {
    flagging_ = false;
  }
  if (glitch_ > kGlitchToShow) flagging_ = true;
}

// ---- Validity ----

PredictionEngine::Validity PredictionEngine::judge(const CellGuess& guess, Position at,
                                                   const Framebuffer& frame) const {
  if (!guess.active) return Validity::kInactive;
  if (at.row >= frame.rows() || at.column >= frame.columns()) return Validity::kIncorrect;
  if (echo_ack_ < guess.due) return Validity::kPending;
  if (guess.unknown || guess.look.is_blank()) return Validity::kNoCredit;
  if (!guess.look.same_contents(CellLook::of(frame, at))) return Validity::kIncorrect;
  return guess.originals.contains(guess.look) ? Validity::kNoCredit : Validity::kCorrect;
}

PredictionEngine::Validity PredictionEngine::judge(const CursorGuess& guess, const Framebuffer& frame) const {
  if (guess.at.row >= frame.rows() || guess.at.column >= frame.columns()) return Validity::kIncorrect;
  if (echo_ack_ < guess.due) return Validity::kPending;
  return guess.at == frame.cursor() ? Validity::kCorrect : Validity::kIncorrect;
}

// The earliest key on the way after which the cursor is where the screen has it; null if none.
const PredictionEngine::Step* PredictionEngine::step_at(Position at) const {
  const auto found = std::find_if(path_.begin(), path_.end(), [at](const Step& step) { return step.at == at; });
  return found == path_.end() ? nullptr : &*found;
}

// Whether the screen looks as if the program echoed: its cursor is where some key on the way leaves it, and what was
// guessed for the keys up to that one is there although it is not acknowledged yet. Only such a screen proves anything:
// a letter alone may be at its place by chance, being one of a prompt's or of other output.
bool PredictionEngine::echo_seen(const Framebuffer& frame) const {
  const Step* const step = step_at(frame.cursor());
  if (step == nullptr) return false;
  for (const RowGuess& row : rows_) {
    for (std::uint32_t i = 0; i < row.cells.size(); ++i) {
      const CellGuess& guess = row.cells[i];
      const bool pending = guess.active && guess.due > echo_ack_;
      if (!pending || guess.unknown || guess.key > step->key || !is_tentative(guess.epoch)) continue;
      if (row.row >= frame.rows() || i >= frame.columns()) return false;
      if (!guess.look.same_contents(CellLook::of(frame, {row.row, i}))) return false;
    }
  }
  return true;
}

// ---- Consequences ----

PredictionEngine::Verdict PredictionEngine::cull_row(RowGuess& row, const Framebuffer& frame, bool echo_seen) {
  for (std::uint32_t i = 0; i < row.cells.size(); ++i) {
    CellGuess& guess = row.cells[i];
    switch (judge(guess, {row.row, i}, frame)) {
      case Validity::kInactive:
        break;
      case Validity::kPending:
        note_age(guess);
        break;
      case Validity::kCorrect:
        credit(row, i, frame, echo_seen);
        break;
      case Validity::kNoCredit:
        guess.clear();
        break;
      case Validity::kIncorrect:
        if (settings_.mode == PredictionMode::kExperimental) {
          guess.clear();
        } else if (is_tentative(guess.epoch)) {
          kill(guess.epoch, frame);
        } else {
          drop_all();
          return Verdict::kAllDropped;
        }
    }
  }
  return Verdict::kGoOn;
}

void PredictionEngine::credit(RowGuess& row, std::uint32_t column, const Framebuffer& frame, bool echo_seen) {
  CellGuess& guess = row.cells[column];
  if (echo_seen && !guess.look.is_mask()) {
    if (may_prove(guess)) confirmed_ = std::max(confirmed_, guess.epoch);
    if (guess.first && column == 0 && guess.key > submitted_key_ && guess.epoch == epoch_) line_began_ = true;
  }
  if (now_ - guess.born < kOverdue && glitch_ > 0 && now_ - kQuickInterval >= last_quick_) {
    --glitch_;
    last_quick_ = now_;
  }
  const terminal::Rendition real = CellLook::of(frame, {row.row, column}).rendition;
  for (std::uint32_t i = column; i < row.cells.size(); ++i) row.cells[i].look.rendition = real;
  guess.clear();
}

// Right after an Enter it may be the kernel that echoes, and the program that was started turns that off to ask for a
// password. What then is echoed proves nothing about what follows, and may not be trusted:
// - what stands in its row without a prompt, for a while after the Enter's answer. Not so after a line of a text, which
//   itself began in column 0 and was echoed there: commands are typed at prompts.
// - what was typed before the answer was seen. After a line of a text it is, a while after the Enter: or whoever writes
//   a text over a path of seconds would see nothing at once for two round trips after each line.
bool PredictionEngine::may_prove(const CellGuess& guess) const {
  const bool answered = guess.key > submitted_key_ && answered_at_ != kNever;
  const Duration since = answered ? now_ - answered_at_ : Duration(0);
  if (guess.bare && !guess.text && since < kSilence) return false;
  if (!guess.ahead) return true;
  return guess.text && since >= kTextSilence && guess.born - submitted_at_ >= kTextSilence;
}

void PredictionEngine::note_age(const CellGuess& guess) {
  if (now_ - guess.born >= kLongOverdue) {
    glitch_ = kGlitchToFlag;
    flagging_ = true;
  } else if (now_ - guess.born >= kOverdue) {
    glitch_ = std::max(glitch_, kGlitchToShow);
  }
}

void PredictionEngine::drop_all() {
  ++counters_.resets;
  dropped_ = true;
  reset();
}

// An epoch that was never shown was wrong: it goes, with all later ones, and a new one begins at the true cursor.
void PredictionEngine::kill(std::uint64_t epoch, const Framebuffer& frame) {
  ++counters_.kills;
  dropped_ = true;
  std::erase_if(cursors_, [epoch](const CursorGuess& cursor) { return cursor.epoch >= epoch; });
  cursors_.push_back({frame.cursor(), due_when_typed(), epoch_});
  path_.clear();
  path_.push_back({frame.cursor(), 0, 0});
  for (RowGuess& row : rows_) {
    for (CellGuess& guess : row.cells) {
      if (guess.active && guess.epoch >= epoch) guess.clear();
    }
  }
  become_tentative();
}

PredictionEngine::Verdict PredictionEngine::cull_cursors(const Framebuffer& frame) {
  if (cursors_.empty()) return Verdict::kGoOn;
  const Validity last = judge(cursors_.back(), frame);
  if (last == Validity::kIncorrect) {
    if (settings_.mode != PredictionMode::kExperimental) {
      drop_all();
      return Verdict::kAllDropped;
    }
    cursors_.clear();
  }
  std::erase_if(cursors_, [&](const CursorGuess& cursor) { return judge(cursor, frame) != Validity::kPending; });
  if (cursors_.empty()) {
    path_.clear();
    if (last == Validity::kCorrect) context_ = context_of(frame);
  }
  return Verdict::kGoOn;
}

PredictionEngine::Context PredictionEngine::context_of(const Framebuffer& frame) const {
  Context context{frame.cursor(), 0};
  const terminal::Row& row = frame.row(context.at.row);
  const std::uint32_t first = context.at.column > kContextColumns ? context.at.column - kContextColumns : 0;
  for (std::uint32_t i = first; i < context.at.column; ++i) {
    const std::uint32_t content = row[i].looks_blank() ? 0 : row[i].content();
    context.left_of_it = (context.left_of_it ^ content) * 0x100000001B3;  // FNV-1a
  }
  return context;
}

// ---- Timer ----

TimePoint PredictionEngine::next_timer(TimePoint now) const {
  if (glitch_ >= kGlitchToFlag || (glitch_ >= kGlitchToShow && flagging_)) return kNever;
  const Duration age = glitch_ >= kGlitchToShow ? kLongOverdue : kOverdue;
  TimePoint next = kNever;
  for (const RowGuess& row : rows_) {
    for (const CellGuess& guess : row.cells) {
      if (guess.active) next = std::min(next, guess.born + age);
    }
  }
  return next == kNever ? kNever : (next > now ? next : now + kPoll);
}

}  // namespace sallyport::client
