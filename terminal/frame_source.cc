#include "terminal/frame_source.h"

#include <algorithm>
#include <string_view>

#include "base/bytes.h"

namespace sallyport::terminal {
namespace {

/// ours: a buffer that a large frame needed is given back before the next frame.
constexpr std::size_t kKeptBufferBytes = std::size_t{256} << 10U;
/// spec: wire 5.5, prospective resending: so much longer may a difference from the acknowledged screen be, and so
/// long at all.
constexpr std::size_t kProspectiveExtraBytes = 100;
constexpr std::size_t kProspectiveMaxBytes = 1000;

/// ours: host bytes of one frame. It is copied several times on its way to the network. A screen of up to so many cells
/// (a wall of screens) may fill the largest frame; for larger ones frames shrink as the cells' own memory grows, and
/// what does not fit comes with the next ones.
constexpr std::size_t kCellsWithFullFrames = std::size_t{128} << 10U;
constexpr std::size_t kMinFrameBytes = std::size_t{1} << 20U;
constexpr std::size_t frame_budget(WindowSize size) {
  const std::size_t cells = std::size_t{size.columns} * size.rows;
  return std::max(kMinFrameBytes, kMaxHostBytes * kCellsWithFullFrames / std::max(cells, kCellsWithFullFrames));
}

/// ours: no more parameters than these are looked at for the number of the mode.
constexpr std::size_t kMaxSequenceBytes = 64;

constexpr bool is_parameter(char byte) { return (byte >= '0' && byte <= '9') || byte == ';' || byte == '?'; }

struct Piece {
  std::size_t begin;
  std::size_t end;
};

/// Where the private mode sequence that `place` lies in begins, if the bytes before look like one; npos if not.
std::size_t sequence_begin(std::string_view text, std::size_t place) {
  const std::size_t lowest = place > kMaxSequenceBytes ? place - kMaxSequenceBytes : 0;
  while (place > lowest && is_parameter(text[place - 1])) {
    --place;
  }
  const bool found = place >= 2 && text[place] == '?' && text[place - 1] == '[' && text[place - 2] == '\033';
  return found ? place - 2 : std::string_view::npos;
}

/// The next sequence that sets or resets mode 2026, complete or cut off by the end; empty at the end if there is
/// none. What it misses (a control character within, a zero before the number) is only held back a little later.
Piece next_switch(std::string_view text, std::size_t from) {
  for (std::size_t place = text.find("2026", from); place != std::string_view::npos;
       place = text.find("2026", place + 4)) {
    const std::size_t begin = sequence_begin(text, place);
    if (begin != std::string_view::npos && begin >= from) {
      const auto end = std::ranges::find_if_not(text.substr(place), is_parameter);
      return {begin, std::min(text.size(), static_cast<std::size_t>(end - text.begin()) + 1)};
    }
  }
  return {text.size(), text.size()};
}

/// The text ends within what may become such a sequence.
bool ends_unfinished(std::string_view text) {
  std::size_t place = text.size();
  const std::size_t lowest = place > kMaxSequenceBytes ? place - kMaxSequenceBytes : 0;
  while (place > lowest && (is_parameter(text[place - 1]) || text[place - 1] == '[')) {
    --place;
  }
  return place > 0 && text[place - 1] == '\033';
}

}  // namespace

FrameSource::FrameSource(WindowSize initial)
    : emulator_(initial), snapshots_(emulator_.blank_framebuffer(WindowSize{})) {
  taken_.screen = emulator_.version();
  taken_.complete = emulator_.framebuffer().size() == WindowSize{};
}

void FrameSource::host_output(std::span<const std::byte> bytes, TimePoint now) {
  const std::string_view text = text_of(bytes);
  std::size_t done = 0;
  if (bytes.empty()) {
    return;
  }
  if (before_) {
    const auto rest = std::ranges::find_if_not(text, [](char byte) { return is_parameter(byte) || byte == '['; });
    done = std::min(text.size(), static_cast<std::size_t>(rest - text.begin()) + 1);
    write_switch(bytes.first(done), now);
  }
  while (done < bytes.size()) {
    const Piece piece = next_switch(text, done);
    if (piece.begin > done) {
      emulator_.write(bytes.subspan(done, piece.begin - done));
      follow_switch(now);
    }
    if (piece.end > piece.begin) {
      before_.emplace(emulator_.framebuffer(), emulator_.version());
      write_switch(bytes.subspan(piece.begin, piece.end - piece.begin), now);
    }
    done = piece.end;
  }
  if (!synchronised_ && !before_ && ends_unfinished(text)) {
    before_.emplace(emulator_.framebuffer(), emulator_.version());
  }
  if (!cursor_hidden_ && !emulator_.framebuffer().modes().cursor_visible) {
    cursor_hidden_ = now;
  }
}

// Bytes of one sequence that may begin an update; `before_` is the screen before it.
void FrameSource::write_switch(std::span<const std::byte> bytes, TimePoint now) {
  emulator_.write(bytes);
  follow_switch(now);
  const char last = text_of(bytes).back();
  if (!is_parameter(last) && last != '[' && last != '\033') {
    before_.reset();  // the sequence is complete
  }
}

void FrameSource::follow_switch(TimePoint now) {
  const bool on = emulator_.synchronized_output();
  if (on && !synchronised_) {
    (void)echo_ack_.advance(now);
    held_ = before_ ? std::move(*before_) : Published{emulator_.framebuffer(), emulator_.version()};
    before_.reset();
    hold_until_ = now + kMaxSynchronisedHold;
  } else if (!on) {
    held_.reset();
  }
  synchronised_ = on;
}

void FrameSource::resize(WindowSize size, TimePoint now) {
  emulator_.resize(size);
  before_.reset();
  follow_switch(now);
}

void FrameSource::settle(TimePoint now) {
  if (held_ && now >= hold_until_) {
    held_.reset();  // until the program ends this update and begins another one
  }
  if (!held_) {
    (void)echo_ack_.advance(now);
  }
}

// What hides the cursor draws, and shows it again when it is done: most editors do, often with a pause after the first
// byte. One that leaves it hidden is held back once.
TimePoint FrameSource::redraw_hold_end() const {
  const bool drawing = cursor_hidden_ && taken_.cursor_visible && !emulator_.framebuffer().modes().cursor_visible;
  return drawing ? *cursor_hidden_ + kMaxRedrawHold : TimePoint::min();
}

bool FrameSource::dirty(TimePoint now) {
  settle(now);
  if (held_) {
    return false;
  }
  if (now >= echo_ack_.frame_due()) {
    return true;
  }
  return !same_screen() && now >= redraw_hold_end();
}

TimePoint FrameSource::next_timer() const {
  if (held_) {
    return hold_until_;
  }
  const TimePoint redraw_end = redraw_hold_end();
  return !same_screen() && redraw_end != TimePoint::min() ? std::min(redraw_end, echo_ack_.frame_due())
                                                         : echo_ack_.frame_due();
}

void FrameSource::forget(SnapshotId oldest_kept) {
  oldest_kept_ = std::max(oldest_kept_, oldest_kept);
  snapshots_.forget(oldest_kept);
}

bool FrameSource::may_be_base(SnapshotId id) const {
  return id == SnapshotId() || (id >= oldest_kept_ && id <= newest_);
}

FrameSource::Difference FrameSource::write_difference(SnapshotId from, DiffBuffer& out) {
  const Snapshot& base = snapshots_.newest_until(from);
  const Framebuffer& wanted = screen();
  Difference difference{.base = from, .echo_ack_changed = base.echo_ack != echo_ack_.value()};
  difference.extent.rows = wanted.rows();
  out.clear();
  if (base.id == from && base.version == taken_.version && unchanged()) {
    return difference;
  }
  // Of snapshot 0 a client has its own idea: blank, but of its own window's size. And what was dropped here is not
  // known.
  const bool unknown = from == SnapshotId() || base.id != from;
  difference.extent = display_.write(base.screen, wanted, unknown ? Receiver::kUnknown : Receiver::kShowsBase, out,
                                     frame_budget(wanted.size()));
  difference.size_changed = unknown || !(base.screen.size() == wanted.size());
  difference.echo_ack_changed |= base.id != from;
  return difference;
}

bool FrameSource::choose_acknowledged(const Difference& acknowledged, const Difference& assumed) const {
  const std::uint32_t rows = screen().rows();
  if (acknowledged.extent.rows < rows || assumed.extent.rows < rows) {
    return acknowledged.extent.rows > assumed.extent.rows;  // parts are missing: what shows more
  }
  const std::size_t from_known = from_acknowledged_.size();
  const std::size_t from_likely = from_assumed_.size();
  return from_known <= from_likely ||
         (from_known < kProspectiveMaxBytes && from_known - from_likely < kProspectiveExtraBytes);
}

Framebuffer FrameSource::shown_after(const Difference& difference) const {
  Framebuffer shown = screen();
  if (difference.extent.rows < shown.rows()) {
    if (difference.extent.repainted) {
      shown.fill_rows(difference.extent.rows, shown.rows(), Cell());
    } else {
      shown.take_rows(difference.extent.rows, shown.rows(), snapshots_.newest_until(difference.base).screen);
    }
  }
  return shown;
}

bool FrameSource::is_newest(const Difference& difference, const DiffBuffer& bytes) const {
  return unchanged() ||
         (difference.base == taken_.id && taken_.complete && bytes.empty() &&
          difference.extent.rows == screen().rows() && !difference.size_changed && !difference.echo_ack_changed);
}

void FrameSource::keep(SnapshotId snapshot, const Difference& difference, bool as_newest) {
  const bool complete = difference.extent.rows == screen().rows();
  const ContentVersion version(taken_.version.value() + (as_newest ? 0 : 1));
  snapshots_.add(
      {.id = snapshot, .version = version, .echo_ack = echo_ack_.value(), .screen = shown_after(difference)});
  taken_ = {.id = snapshot,
            .screen = screen_version(),
            .version = version,
            .echo_ack = echo_ack_.value(),
            .complete = complete,
            .cursor_visible = screen().modes().cursor_visible};
  newest_ = snapshot;
  echo_ack_.on_frame();
  cursor_hidden_.reset();
}

std::optional<FrameDescription> FrameSource::take_frame(SnapshotId assumed, SnapshotId acknowledged,
                                                        SnapshotId snapshot, TimePoint now) {
  if (snapshot <= newest_ || !may_be_base(acknowledged)) {
    return std::nullopt;
  }
  settle(now);
  for (DiffBuffer* const buffer : {&from_acknowledged_, &from_assumed_}) {
    if (buffer->capacity() > kKeptBufferBytes) {
      buffer->shrink();
    }
  }
  Difference difference = write_difference(acknowledged, from_acknowledged_);
  const DiffBuffer* bytes = &from_acknowledged_;
  bool as_newest = is_newest(difference, *bytes);
  if (assumed != acknowledged && snapshots_.find(assumed) != nullptr) {
    const Difference likely = write_difference(assumed, from_assumed_);
    as_newest = as_newest || is_newest(likely, from_assumed_);
    if (!choose_acknowledged(difference, likely)) {
      difference = likely;
      bytes = &from_assumed_;
    }
  }
  keep(snapshot, difference, as_newest);
  return FrameDescription{.base = difference.base,
                          .snapshot = snapshot,
                          .version = taken_.version,
                          .size = screen().size(),
                          .size_changed = difference.size_changed,
                          .echo_ack_changed = difference.echo_ack_changed,
                          .echo_ack = echo_ack_.value(),
                          .host_bytes = bytes->bytes()};
}

}  // namespace sallyport::terminal
