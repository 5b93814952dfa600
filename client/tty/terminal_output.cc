#include "client/tty/terminal_output.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::client {
namespace {

/// ours: a terminal that says that it takes bytes takes at least so many without blocking (Linux: 256 are free then).
constexpr std::size_t kSmallWriteBytes = 128;

}  // namespace

bool TerminalOutput::take(const privsep::client::Output& piece) {
  if (frame_ready_ || piece.bytes.size() > frame_.size() - size_ || !filter_.take(piece.bytes)) return false;
  std::ranges::copy(piece.bytes, frame_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += piece.bytes.size();
  if (!piece.last) return true;
  if (!filter_.between()) return false;
  filter_ = OutputFilter(clipboard_);
  frame_ready_ = true;
  if (size_ == 0) frame_done();
  return true;
}

void TerminalOutput::say(std::string_view words) {
  if (words.size() > words_.size() - to_say_) return;
  std::ranges::copy(words, words_.begin() + static_cast<std::ptrdiff_t>(to_say_));
  to_say_ += words.size();
}

std::span<const std::byte> TerminalOutput::next() const {
  if (frame_is_next()) return std::span(frame_).subspan(written_, size_ - written_);
  return bytes_of({words_.data() + said_, to_say_ - said_});
}

void TerminalOutput::advance(std::size_t count) {
  if (frame_is_next()) {
    written_ += count;
    if (written_ == size_) frame_done();
  } else {
    said_ += count;
    if (said_ == to_say_) said_ = to_say_ = 0;
  }
}

TerminalOutput::Result TerminalOutput::write() {
  while (waiting()) {
    auto bytes = next();
    if (writes_ == TerminalWrites::kBlocking) bytes = bytes.first(std::min(bytes.size(), kSmallWriteBytes));
    const auto count = sys::write(terminal_, bytes);
    if (!count) return count.error().number == EAGAIN ? Result::kWaiting : Result::kFailed;
    advance(*count);
    if (writes_ == TerminalWrites::kBlocking && waiting()) return Result::kWaiting;
  }
  return Result::kIdle;
}

bool TerminalOutput::take_shown() { return std::exchange(shown_, false); }

bool TerminalOutput::take_torn() { return std::exchange(torn_, false); }

void TerminalOutput::drop() {
  torn_ = torn_ || written_ > 0 || said_ > 0;
  said_ = to_say_ = 0;
  if (frame_ready_) frame_done();
}

void TerminalOutput::frame_done() {
  frame_ready_ = false;
  size_ = written_ = 0;
  shown_ = true;
}

}  // namespace sallyport::client
