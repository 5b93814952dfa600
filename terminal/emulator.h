// The terminal emulator: what a session's program prints, interpreted. Its framebuffer is what the client is to see;
// its replies are what the program is owed. Accepts any bytes; bounded in time and memory whatever they are. Makes no
// system call. Linked by the terminal compartment. Specification: terminal 1 to 4, 7, 9.12.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/strong_id.h"
#include "terminal/actions.h"
#include "terminal/framebuffer.h"
#include "terminal/parser.h"
#include "terminal/replies.h"
#include "terminal/screen.h"
#include "terminal/titles.h"

namespace sallyport::terminal {

/// The nearest size that an emulator can have: 1..kMaxSideCells each way, kMaxScreenCells at most (rows give way).
[[nodiscard]] WindowSize clamped(WindowSize size);

/// Must live longer than every copy of its framebuffer: they share its row store.
class Emulator : private Actions {
 public:
  /// A blank screen in the default state. Any size is taken, clamped.
  explicit Emulator(WindowSize size, const TableLimits& limits = {});

  /// Interprets what the program printed. Any split into calls gives the same screen and replies.
  void write(std::span<const std::byte> host_bytes);
  /// New window size, clamped; a change also ends synchronised output.
  void resize(WindowSize size);
  /// Marks of no width for which `unwanted` says so are left out from now on, instead of joining the character before them.
  void leave_out(bool (*unwanted)(char32_t code_point)) { screen_.leave_out(unwanted); }
  /// Shows `screen`, a framebuffer of this emulator's store, in the baseline in which host bytes begin and end (spec
  /// 6.2): drawing at its cursor with its pen, and nothing else left of what was interpreted before.
  void continue_from(const Framebuffer& screen);

  /// The live screen. Copy it to take a snapshot: that costs a few reference counts.
  [[nodiscard]] const Framebuffer& framebuffer() const { return screen_.framebuffer(); }
  /// A blank screen of the default state that shares this session's tables (state 0). The size is clamped.
  [[nodiscard]] Framebuffer blank_framebuffer(WindowSize size);
  /// Changes whenever something that a client is sent changes; never decreases. Equal versions mean equal screens.
  [[nodiscard]] ContentVersion version() const { return version_; }
  /// DECCKM, for the rewriting of cursor keys.
  [[nodiscard]] bool application_cursor_keys() const { return application_cursor_keys_; }
  /// Mode 2026: the program asks that no snapshot be shown. Whoever takes snapshots bounds how long it is heeded.
  [[nodiscard]] bool synchronized_output() const { return synchronized_output_; }
  /// Replies owed, oldest first; the caller takes them.
  [[nodiscard]] ReplyQueue& replies() { return replies_; }
  /// Bytes held by rows, tables and strings, snapshots included.
  [[nodiscard]] std::size_t bytes_in_use() const { return store_->bytes_in_use() + parser_.bytes_in_use(); }

 private:
  void print_ascii(std::string_view text) override { screen_.print_ascii(text); }
  void print(std::span<const char32_t> text) override { screen_.print(text); }
  void execute(std::uint8_t control) override;
  void escape(FunctionKey key) override;
  void control(const ControlSequence& sequence) override;
  void operating_system_command(std::string_view text, bool complete) override;
  void device_control(FunctionKey key) override;

  // emulator_control.cc: true if the function was one of theirs
  bool move_cursor(const ControlSequence& sequence);
  bool edit(const ControlSequence& sequence);
  bool report(const ControlSequence& sequence);
  void change_setting(const ControlSequence& sequence);
  void window_operation(const ControlSequence& sequence);
  // emulator_modes.cc
  void set_modes(const ControlSequence& sequence, bool on);
  void set_private_modes(const ControlSequence& sequence, bool on);
  bool set_sent_mode(std::uint32_t mode, bool on);
  void set_private_mode(std::uint32_t mode, bool on);
  void switch_screen(std::uint32_t mode, bool on);
  [[nodiscard]] std::uint32_t private_mode_state(std::uint32_t mode) const;
  void soft_reset();
  void reset();
  void note_changes();

  // Everything a client is told beside the rows, to see whether it changed.
  struct Told {
    Position cursor;
    Rendition pen;
    Modes modes;
    bool title_was_set = false;
    std::uint64_t clipboard_sequence = 0;
    std::uint64_t bell_count = 0;
    bool operator==(const Told&) const = default;
  };

  std::unique_ptr<RowStore> store_;
  Screen screen_;
  Parser parser_;
  TitleStack titles_;
  ReplyQueue replies_;
  Told told_;
  bool strings_changed_ = false;
  bool application_cursor_keys_ = false;
  bool synchronized_output_ = false;
  ContentVersion version_;
};

}  // namespace sallyport::terminal
