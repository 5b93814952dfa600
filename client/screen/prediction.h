// Predictive local echo: guesses what each key will do to the screen, shows guesses that have earned it, and takes
// wrong ones back. Pure computation over screens; time is a parameter; memory bounded by kMaxGuessedCells whatever is
// typed. Linked by the client's screen. Specification: prediction 1 to 7, 9. Stricter than that where passwords are
// concerned; each place says why.
//
// A turn of the loop: take in what the server said (set_echo_ack, set_send_interval), type() what was typed, then for
// the frame to be drawn: cull() with the pure server frame, apply() on a copy of it, and the other overlays on that.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "base/strong_id.h"
#include "client/common/compartment_arguments.h"
#include "client/screen/prediction_cells.h"
#include "client/screen/prediction_keys.h"
#include "terminal/framebuffer.h"

namespace sallyport::client {

struct PredictionSettings {
  PredictionMode mode = PredictionMode::kAdaptive;
  bool overwrite = false;  ///< typed characters replace instead of insert
};

class PredictionEngine {
 public:
  /// ours: guesses about cells held at once; what would need more is not predicted. About 10 MiB, reached only by
  /// windows that no screen has; 80 columns: 819 rows.
  static constexpr std::size_t kMaxGuessedCells = std::size_t{1} << 16U;

  explicit PredictionEngine(PredictionSettings settings) : settings_(settings) {}

  /// Keys typed, before anything of them is sent. `sent`: number of the last state sent when they were queued;
  /// `read_bytes`: size of the whole read that `bytes` are of (more than 100: a paste, never predicted); `frame`: the
  /// newest server screen without overlays. Borrows all for the call, keeps nothing of `bytes` but pending guesses.
  void type(std::span<const std::byte> bytes, std::uint32_t read_bytes, StateNumber sent,
            const terminal::Framebuffer& frame, TimePoint now);

  /// What the newest server state says, together with its screen.
  void set_echo_ack(StateNumber state) { echo_ack_ = state.value(); }
  void set_send_interval(std::uint32_t milliseconds) { send_interval_ms_ = milliseconds; }
  /// The notification bar covers row 0: nothing is predicted there.
  void set_bar(bool shown) { bar_shown_ = shown; }

  /// Judges all guesses by the server's newest screen. Before every drawing.
  void cull(const terminal::Framebuffer& server_frame, TimePoint now);
  /// Draws what is to be shown on a copy of the screen last culled with.
  void apply(terminal::Framebuffer& copy) const;
  /// Drops every guess: the window changed its size.
  void reset();

  /// When cull() must come again although nothing happens, because a guess gets old enough to change what is shown.
  /// Later than `now`; kNever if no guess can.
  [[nodiscard]] TimePoint next_timer(TimePoint now) const;

  // ---- For tests and figures ----
  struct Counters {
    std::uint64_t keys = 0;    ///< keys that were not hard to predict, in reads short enough
    std::uint64_t resets = 0;  ///< everything dropped because a guess that counted was wrong
    std::uint64_t kills = 0;   ///< an epoch dropped that had not been shown
  };
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] std::uint64_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t confirmed() const { return confirmed_; }
  [[nodiscard]] bool shows() const;
  [[nodiscard]] bool flags() const { return flagging_; }
  [[nodiscard]] std::size_t guessed_rows() const { return rows_.size(); }
  [[nodiscard]] std::size_t cursor_guesses() const { return cursors_.size(); }
  [[nodiscard]] bool has_active() const;
  /// Serial numbers of the last key handled, and of the one that last moved the cursor that is shown; 0 for none.
  [[nodiscard]] std::uint64_t last_key() const { return last_key_; }
  [[nodiscard]] std::uint64_t cursor_key() const;
  /// The guess about a cell; null if there is none.
  [[nodiscard]] const CellGuess* guess_at(terminal::Position at) const;

 private:
  struct CursorGuess {
    terminal::Position at;
    std::uint64_t due = 0;
    std::uint64_t epoch = 0;
    std::uint64_t key = 0;
  };
  /// Where the cursor is after one key.
  struct Step {
    terminal::Position at;
    std::uint64_t due = 0;
    std::uint64_t key = 0;
  };
  /// A key on the way, to be guessed anew when what was guessed before it was wrong.
  struct Typed {
    Key key;
    std::uint64_t due = 0;
    std::uint64_t serial = 0;
    TimePoint born;
    bool ahead = false;
    bool text = false;                 // as in CellGuess
    std::uint32_t columns_before = 0;  // that the kernel's echo of all since the last Enter could fill
    bool bare = false;                 // known when it is guessed about
  };
  /// Where the last right guess left the cursor, and what stood to its left.
  struct Context {
    terminal::Position at;
    std::uint64_t left_of_it = 0;
    bool operator==(const Context&) const = default;
  };
  enum class Validity : std::uint8_t { kInactive, kPending, kCorrect, kNoCredit, kIncorrect };
  enum class Verdict : std::uint8_t { kGoOn, kAllDropped };

  // prediction.cc: keys
  void handle(const Key& key, const terminal::Framebuffer& frame);
  void predict(const Typed& typed, const terminal::Framebuffer& frame);
  void predict_again(const terminal::Framebuffer& frame);
  void character(char32_t code_point, const terminal::Framebuffer& frame);
  void narrow(char32_t code_point, const terminal::Framebuffer& frame);
  void wide(char32_t code_point, const terminal::Framebuffer& frame);
  void combining(char32_t code_point, const terminal::Framebuffer& frame);
  void backspace(const terminal::Framebuffer& frame);
  void move_left(const terminal::Framebuffer& frame);
  void move_right(const terminal::Framebuffer& frame);
  void newline(const terminal::Framebuffer& frame);
  void put(RowGuess& row, std::uint32_t column, const CellLook& look, const terminal::Framebuffer& frame);
  void make_room(RowGuess& row, std::uint32_t column, std::uint32_t count, const terminal::Framebuffer& frame);
  void close_gap(RowGuess& row, std::uint32_t column, std::uint32_t count, const terminal::Framebuffer& frame);
  CellGuess& renew(RowGuess& row, std::uint32_t column, const terminal::Framebuffer& frame);
  [[nodiscard]] CursorGuess& ensure_cursor(const terminal::Framebuffer& frame);
  [[nodiscard]] RowGuess* row_for(std::uint32_t row, const terminal::Framebuffer& frame);
  [[nodiscard]] CellLook expected_look(terminal::Position at, const terminal::Framebuffer& frame) const;
  [[nodiscard]] terminal::Rendition typed_rendition(terminal::Position at, const terminal::Framebuffer& frame) const;
  void move_cursor(terminal::Position to);
  void become_tentative();
  void note_submission(bool text);
  [[nodiscard]] std::uint64_t due_when_typed() const;

  // prediction_cull.cc: judgement
  [[nodiscard]] Validity judge(const CellGuess& guess, terminal::Position at, const terminal::Framebuffer& frame) const;
  [[nodiscard]] Validity judge(const CursorGuess& guess, const terminal::Framebuffer& frame) const;
  [[nodiscard]] Verdict cull_row(RowGuess& row, const terminal::Framebuffer& frame, bool echo_seen);
  [[nodiscard]] Verdict cull_cursors(const terminal::Framebuffer& frame);
  void credit(RowGuess& row, std::uint32_t column, const terminal::Framebuffer& frame, bool echo_seen);
  [[nodiscard]] bool may_prove(const CellGuess& guess) const;
  void note_age(const CellGuess& guess);
  void judge_all(const terminal::Framebuffer& frame);
  void drop_all();
  void kill(std::uint64_t epoch, const terminal::Framebuffer& frame);
  void update_display_level();
  [[nodiscard]] bool echo_seen(const terminal::Framebuffer& frame) const;
  [[nodiscard]] const Step* step_at(terminal::Position at) const;
  [[nodiscard]] bool moved_by_itself(const terminal::Framebuffer& frame) const;
  [[nodiscard]] Context context_of(const terminal::Framebuffer& frame) const;
  [[nodiscard]] bool is_tentative(std::uint64_t epoch) const { return epoch > confirmed_; }

  // prediction_apply.cc
  void apply_row(const RowGuess& row, terminal::Framebuffer& copy) const;

  PredictionSettings settings_;
  KeyParser keys_;
  std::uint64_t sent_ = 0;
  std::uint64_t echo_ack_ = 0;
  std::uint64_t epoch_ = 1;
  std::uint64_t confirmed_ = 0;
  std::uint32_t send_interval_ms_ = 250;  // spec: prediction 2
  bool slow_link_ = false;
  bool flagging_ = false;
  bool bar_shown_ = false;
  int glitch_ = 0;
  TimePoint last_quick_;
  TimePoint now_;                                          // of the call that is being served
  std::vector<RowGuess> rows_;                             // in order of creation
  std::vector<CursorGuess> cursors_;                       // oldest first; the last one is the cursor
  std::vector<Typed, WipingAllocator<Typed>> on_the_way_;  // not yet acknowledged, oldest first
  Typed current_;                                          // the key that is being guessed about
  bool dropped_ = false;                                   // by this cull, because of a wrong guess
  std::deque<Step> path_;                                  // from where the last acknowledged key left the cursor
  std::optional<Context> context_;                         // set while no cursor is guessed
  std::uint64_t submitted_due_ = 0;                        // of the last Enter
  std::uint64_t submitted_key_ = 0;                        // its serial number
  TimePoint submitted_at_;                                 // when it was typed
  TimePoint answered_at_;                                  // when its acknowledgement was seen; kNever: not yet
  bool submitted_text_ = false;                            // it ended a line of a text
  bool line_began_ = false;                                // echoed in column 0, and nothing unexpected since
  std::uint32_t typed_columns_ = 0;                        // since it; as in Typed
  std::uint64_t last_key_ = 0;
  std::optional<WindowSize> size_;  // at the last cull
  Counters counters_;
};

}  // namespace sallyport::client
