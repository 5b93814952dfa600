#include "terminal/emulator.h"

#include <algorithm>
#include <string>

#include "terminal/osc.h"

namespace sallyport::terminal {
namespace {

// C0 controls with an effect (spec 4.1).
enum Control : std::uint8_t {
  kBell = 0x07,
  kBackspace = 0x08,
  kTab = 0x09,
  kLineFeed = 0x0A,
  kVerticalTab = 0x0B,
  kFormFeed = 0x0C,
  kCarriageReturn = 0x0D,
  kShiftOut = 0x0E,
  kShiftIn = 0x0F,
};

}  // namespace

WindowSize clamped(WindowSize size) {
  size.columns = std::clamp<std::uint32_t>(size.columns, 1, kMaxSideCells);
  size.rows = std::clamp<std::uint32_t>(size.rows, 1, std::min(kMaxSideCells, kMaxScreenCells / size.columns));
  return size;
}

Emulator::Emulator(WindowSize size, const TableLimits& limits)
    : store_(std::make_unique<RowStore>(limits)), screen_(*store_, clamped(size)), parser_(*this) {
  screen_.framebuffer().modes() = Modes();
  note_changes();
}

Framebuffer Emulator::blank_framebuffer(WindowSize size) { return Framebuffer(*store_, clamped(size)); }

void Emulator::write(std::span<const std::byte> host_bytes) {
  parser_.write(host_bytes);
  note_changes();
}

void Emulator::resize(WindowSize size) {
  size = clamped(size);
  if (size == framebuffer().size()) return;
  synchronized_output_ = false;
  screen_.resize(size);
  note_changes();
}

void Emulator::continue_from(const Framebuffer& screen) {
  screen_.continue_from(screen);
  parser_ = Parser(*this);
  titles_.clear();
  replies_ = ReplyQueue();
  application_cursor_keys_ = false;
  synchronized_output_ = false;
  strings_changed_ = true;  // another screen is another version, whatever it shows
  note_changes();
}

void Emulator::note_changes() {
  Framebuffer& frame = screen_.framebuffer();
  const Framebuffer& now = frame;
  const Told told{.cursor = now.cursor(),
                  .pen = now.pen(),
                  .modes = now.modes(),
                  .title_was_set = now.title_was_set(),
                  .clipboard_sequence = now.clipboard_sequence(),
                  .bell_count = now.bell_count()};
  const bool rows_changed = frame.take_rows_changed();
  if (!rows_changed && !strings_changed_ && told == told_) return;
  strings_changed_ = false;
  told_ = told;
  version_ = ContentVersion(version_.value() + 1);
}

void Emulator::execute(std::uint8_t control) {
  switch (control) {
    case kBell:
      return screen_.framebuffer().ring_bell();
    case kBackspace:
      return screen_.backspace();
    case kTab:
      return screen_.tab_forward(1);
    case kLineFeed:
    case kVerticalTab:
    case kFormFeed:
      return screen_.line_feed();
    case kCarriageReturn:
      return screen_.carriage_return();
    case kShiftOut:
      screen_.charsets().active = 1;
      return;
    case kShiftIn:
      screen_.charsets().active = 0;
      return;
    default:
      return;
  }
}

void Emulator::escape(FunctionKey key) {
  switch (key) {
    case function_key('7'):
      return screen_.save_cursor();
    case function_key('8'):
      return screen_.restore_cursor();
    case function_key('D'):
      return screen_.line_feed();
    case function_key('E'):
      screen_.carriage_return();
      return screen_.line_feed();
    case function_key('H'):
      return screen_.tabs().set(framebuffer().cursor().column);
    case function_key('M'):
      return screen_.reverse_line_feed();
    case function_key('Z'):
      return replies_.push({ReplyKind::kPrimaryAttributes});
    case function_key('c'):
      return reset();
    case function_key(0, '#', '8'):
      return screen_.fill_with_e();
    default:
      break;
  }
  // Character sets: 0 is DEC's graphics, every other one is taken for ASCII.
  const FunctionKey intermediate = key & ~FunctionKey{0xFF};
  if (intermediate == function_key(0, '(', 0)) screen_.charsets().graphics[0] = (key & 0xFFU) == '0';
  if (intermediate == function_key(0, ')', 0)) screen_.charsets().graphics[1] = (key & 0xFFU) == '0';
}

void Emulator::operating_system_command(std::string_view text, bool complete) {
  Framebuffer& frame = screen_.framebuffer();
  const OscCommand command = parse_osc(text, complete);
  if (const auto* const title = std::get_if<SetTitle>(&command)) {
    Strings& strings = frame.mutable_strings();
    if (title->icon) strings.icon_name.assign(title->text);
    if (title->window) strings.window_title.assign(title->text);
    frame.note_title_set();
    strings_changed_ = true;
  } else if (const auto* const clipboard = std::get_if<SetClipboard>(&command)) {
    frame.mutable_strings().clipboard.assign(clipboard->base64);
    frame.note_clipboard_set();
  } else if (const auto* const link = std::get_if<SetLink>(&command)) {
    screen_.sweep_if_due();
    screen_.set_link(link->url.empty() ? LinkId{0} : store_->intern_link(link->parameters, link->url));
  }
}

void Emulator::device_control(FunctionKey key) {
  if (key == function_key(0, '$', 'q')) replies_.push({ReplyKind::kRefusedStatusString});
  if (key == function_key(0, '+', 'q')) replies_.push({ReplyKind::kRefusedTermcap});
}

}  // namespace sallyport::terminal
