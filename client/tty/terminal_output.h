// What goes to the user's terminal: frames of screen's, each checked whole (client/tty/output_filter.h) before its
// first byte is written, and words of our own between them. Never waits for the terminal. Linked by tty alone. Never
// allocates: make it before the lock-down.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/unique_fd.h"
#include "client/tty/output_filter.h"
#include "privsep/client_tty_screen.h"

namespace sallyport::client {

/// How `terminal` takes bytes. kBlocking: it could not be opened anew, so that only little is written, and only when it
/// says that it takes some.
enum class TerminalWrites : std::uint8_t { kNonBlocking, kBlocking };

class TerminalOutput {
 public:
  TerminalOutput(BorrowedFd terminal, TerminalWrites writes, Clipboard clipboard)
      : terminal_(terminal), writes_(writes), clipboard_(clipboard), filter_(clipboard) {}
  TerminalOutput(const TerminalOutput&) = delete;
  TerminalOutput& operator=(const TerminalOutput&) = delete;

  /// A piece of a frame. False: a violation; nothing of its frame was or will be written.
  [[nodiscard]] bool take(const privsep::client::Output& piece);
  /// Our own bytes, after the frame that is being written. What does not fit the 2 KiB that may wait is left out.
  void say(std::string_view words);

  enum class Result : std::uint8_t { kWaiting, kIdle, kFailed };
  /// Writes what the terminal takes. kIdle: nothing waits any more. kFailed: the terminal is gone.
  [[nodiscard]] Result write();

  /// Something waits for the terminal.
  [[nodiscard]] bool waiting() const { return frame_goes() || said_ < to_say_; }
  /// While frames are held, none is begun; one that was begun is finished, and our words are said.
  void hold_frames(bool held) { frames_held_ = held; }
  /// True once for every frame that is in the terminal (or was dropped): screen is told.
  [[nodiscard]] bool take_shown();
  /// Gives up a whole frame of which nothing, or not all, has been written, and our words. One that is still coming
  /// stays.
  void drop();
  /// True once after drop() if the terminal has a part of a frame or of our words.
  [[nodiscard]] bool take_torn();

 private:
  [[nodiscard]] bool frame_goes() const { return frame_ready_ && (written_ > 0 || !frames_held_); }
  /// Our words may come between two frames only.
  [[nodiscard]] bool frame_is_next() const { return frame_goes() && (written_ > 0 || to_say_ == 0); }
  [[nodiscard]] std::span<const std::byte> next() const;
  void advance(std::size_t count);
  void frame_done();

  BorrowedFd terminal_;
  TerminalWrites writes_;
  Clipboard clipboard_;
  OutputFilter filter_;
  std::size_t size_ = 0;      ///< of the frame so far
  std::size_t written_ = 0;   ///< of it
  bool frame_ready_ = false;  ///< it is whole and checked
  bool frames_held_ = false;
  bool shown_ = false;
  bool torn_ = false;
  std::size_t said_ = 0;
  std::size_t to_say_ = 0;
  std::array<char, 2048> words_;
  // Not initialised: pages that no frame needs are never touched.
  std::array<std::byte, privsep::client::kMaxOutputFrameBytes> frame_;
};

}  // namespace sallyport::client
