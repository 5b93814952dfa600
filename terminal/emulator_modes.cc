// Modes and resets: Emulator's part of DECSET, SM, DECRQM, DECSTR and RIS. Specification: terminal 2.11, 4.2, 4.5, 4.7.
#include <algorithm>

#include "terminal/emulator.h"

namespace sallyport::terminal {
namespace {

// Private modes that are not named by an enumeration of modes.h.
enum PrivateMode : std::uint32_t {
  kCursorKeys = 1,
  kReverseVideo = 5,
  kOrigin = 6,
  kAutowrap = 7,
  kCursorVisible = 25,
  kAlternate = 47,
  kFocusEvents = 1004,
  kAlternateScroll = 1007,
  kAlternateCleared = 1047,
  kSavedCursor = 1048,
  kAlternateWithCursor = 1049,
  kBracketedPaste = 2004,
  kSynchronized = 2026,
};
constexpr std::uint32_t kInsertMode = 4;

constexpr bool is_mouse_reporting(std::uint32_t mode) {
  return mode == static_cast<std::uint32_t>(MouseReporting::kX10) ||
         (mode >= static_cast<std::uint32_t>(MouseReporting::kNormal) &&
          mode <= static_cast<std::uint32_t>(MouseReporting::kAny));
}

constexpr bool is_mouse_encoding(std::uint32_t mode) {
  return mode == static_cast<std::uint32_t>(MouseEncoding::kUtf8) ||
         mode == static_cast<std::uint32_t>(MouseEncoding::kSgr) ||
         mode == static_cast<std::uint32_t>(MouseEncoding::kUrxvt);
}

// Setting replaces what was set; resetting takes back only what is set (spec 4.5).
template <typename Choice>
void choose(Choice& active, std::uint32_t mode, bool on) {
  const auto chosen = static_cast<Choice>(mode);
  if (on) {
    active = chosen;
  } else if (active == chosen) {
    active = Choice{};
  }
}

}  // namespace

void Emulator::set_modes(const ControlSequence& sequence, bool on) {
  for (std::uint32_t i = 0; i < sequence.count; ++i) {
    if (sequence.values[i] == kInsertMode) screen_.set_insert(on);
  }
}

void Emulator::set_private_modes(const ControlSequence& sequence, bool on) {
  for (std::uint32_t i = 0; i < sequence.count; ++i) set_private_mode(sequence.values[i], on);
}

// The modes that a client is told.
bool Emulator::set_sent_mode(std::uint32_t mode, bool on) {
  Modes& modes = screen_.framebuffer().modes();
  if (is_mouse_reporting(mode)) {
    choose(modes.mouse, mode, on);
    return true;
  }
  if (is_mouse_encoding(mode)) {
    choose(modes.encoding, mode, on);
    return true;
  }
  switch (mode) {
    case kReverseVideo:
      modes.reverse_video = on;
      return true;
    case kCursorVisible:
      modes.cursor_visible = on;
      return true;
    case kFocusEvents:
      modes.focus_events = on;
      return true;
    case kAlternateScroll:
      modes.alternate_scroll = on;
      return true;
    case kBracketedPaste:
      modes.bracketed_paste = on;
      return true;
    default:
      return false;
  }
}

void Emulator::set_private_mode(std::uint32_t mode, bool on) {
  if (set_sent_mode(mode, on)) return;
  switch (mode) {
    case kCursorKeys:
      application_cursor_keys_ = on;
      return;
    case kOrigin:
      return screen_.set_origin(on);
    case kAutowrap:
      return screen_.set_autowrap(on);
    case kAlternate:
    case kAlternateCleared:
    case kAlternateWithCursor:
      return switch_screen(mode, on);
    case kSavedCursor:
      return on ? screen_.save_cursor() : screen_.restore_cursor();
    case kSynchronized:
      synchronized_output_ = on;
      return;
    default:  // also 3, DECCOLM: 132 columns are not allowed, so it does nothing (spec 9.12)
      return;
  }
}

void Emulator::switch_screen(std::uint32_t mode, bool on) {
  if (on) {
    if (mode == kAlternateWithCursor) screen_.save_cursor();
    screen_.enter_alternate();
    if (mode == kAlternateWithCursor) screen_.erase_screen(Erase::kAll);
    return;
  }
  const bool left = screen_.on_alternate();
  screen_.leave_alternate();
  if (left && mode != kAlternate) screen_.drop_other();
  if (mode == kAlternateWithCursor) screen_.restore_cursor();
}

std::uint32_t Emulator::private_mode_state(std::uint32_t mode) const {
  const Modes& modes = framebuffer().modes();
  const auto known = [](bool on) { return on ? 1U : 2U; };
  if (is_mouse_reporting(mode)) return known(static_cast<std::uint32_t>(modes.mouse) == mode);
  if (is_mouse_encoding(mode)) return known(static_cast<std::uint32_t>(modes.encoding) == mode);
  switch (mode) {
    case kCursorKeys:
      return known(application_cursor_keys_);
    case kReverseVideo:
      return known(modes.reverse_video);
    case kOrigin:
      return known(screen_.origin());
    case kAutowrap:
      return known(screen_.autowrap());
    case kCursorVisible:
      return known(modes.cursor_visible);
    case kFocusEvents:
      return known(modes.focus_events);
    case kAlternateScroll:
      return known(modes.alternate_scroll);
    case kBracketedPaste:
      return known(modes.bracketed_paste);
    case kAlternate:
    case kAlternateCleared:
    case kAlternateWithCursor:
      return known(screen_.on_alternate());
    case kSynchronized:
      return known(synchronized_output_);
    default:
      return 0;
  }
}

void Emulator::soft_reset() {
  screen_.soft_reset();
  application_cursor_keys_ = false;
}

void Emulator::reset() {
  screen_.reset();
  application_cursor_keys_ = false;
  synchronized_output_ = false;
  titles_.clear();
  // The clipboard is forgotten without a new sequence number: a reset is no reason to empty the user's own.
  if (framebuffer().strings() != Strings()) {
    screen_.framebuffer().mutable_strings() = Strings();
    strings_changed_ = true;
  }
}

}  // namespace sallyport::terminal
