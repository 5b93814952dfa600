// Control sequences: Emulator's table of what each one does. Specification: terminal 4.3, 4.4, 4.7, 4.8.
#include "terminal/emulator.h"
#include "terminal/sgr.h"

namespace sallyport::terminal {

void Emulator::control(const ControlSequence& sequence) {
  if (sequence.key == function_key('m')) return screen_.set_pen(with_sgr(sequence, screen_.pen()));
  if (move_cursor(sequence) || edit(sequence) || report(sequence)) return;
  change_setting(sequence);
}

bool Emulator::move_cursor(const ControlSequence& sequence) {
  const std::uint32_t count = sequence.value(0, 1);
  switch (sequence.key) {
    case function_key('A'):  // CUU
      screen_.cursor_up(count);
      return true;
    case function_key('B'):  // CUD
      screen_.cursor_down(count);
      return true;
    case function_key('C'):  // CUF
    case function_key('a'):  // HPR
      screen_.cursor_right(count);
      return true;
    case function_key('D'):  // CUB
    case function_key('j'):  // HPB
      screen_.cursor_left(count);
      return true;
    case function_key('E'):  // CNL
      screen_.cursor_down(count);
      screen_.carriage_return();
      return true;
    case function_key('F'):  // CPL
      screen_.cursor_up(count);
      screen_.carriage_return();
      return true;
    case function_key('G'):  // CHA
    case function_key('`'):  // HPA
      screen_.to_column(count - 1);
      return true;
    case function_key('H'):  // CUP
    case function_key('f'):  // HVP
      screen_.to_position(count - 1, sequence.value(1, 1) - 1);
      return true;
    case function_key('I'):  // CHT
      screen_.tab_forward(count);
      return true;
    case function_key('Z'):  // CBT
      screen_.tab_backward(count);
      return true;
    case function_key('d'):  // VPA
      screen_.to_row(count - 1);
      return true;
    case function_key('e'):  // VPR
      screen_.row_forward(count);
      return true;
    case function_key('k'):  // VPB
      screen_.row_backward(count);
      return true;
    case function_key('s'):  // SCOSC; with parameters it would set margins that we do not have
      if (sequence.count == 0) screen_.save_cursor();
      return true;
    case function_key('u'):  // SCORC
      if (sequence.count == 0) screen_.restore_cursor();
      return true;
    default:
      return false;
  }
}

bool Emulator::edit(const ControlSequence& sequence) {
  const std::uint32_t count = sequence.value(0, 1);
  switch (sequence.key) {
    case function_key('@'):  // ICH
      screen_.insert_cells(count);
      return true;
    case function_key('J'):  // ED
    case function_key('?', 0, 'J'):
      if (sequence.value(0, 0) <= 2) screen_.erase_screen(static_cast<Erase>(sequence.value(0, 0)));
      return true;
    case function_key('K'):  // EL
    case function_key('?', 0, 'K'):
      if (sequence.value(0, 0) <= 2) screen_.erase_line(static_cast<Erase>(sequence.value(0, 0)));
      return true;
    case function_key('L'):  // IL
      screen_.insert_lines(count);
      return true;
    case function_key('M'):  // DL
      screen_.delete_lines(count);
      return true;
    case function_key('P'):  // DCH
      screen_.delete_cells(count);
      return true;
    case function_key('S'):  // SU
      screen_.scroll_up(count);
      return true;
    case function_key('T'):  // SD; with more parameters it is highlight tracking
      if (sequence.count <= 1) screen_.scroll_down(count);
      return true;
    case function_key('X'):  // ECH
      screen_.erase_cells(count);
      return true;
    case function_key('b'):  // REP
      screen_.repeat(count);
      return true;
    default:
      return false;
  }
}

bool Emulator::report(const ControlSequence& sequence) {
  const std::uint32_t first = sequence.value(0, 0);
  switch (sequence.key) {
    case function_key('c'):  // DA1
      replies_.push({ReplyKind::kPrimaryAttributes});
      return true;
    case function_key('>', 0, 'c'):  // DA2
      replies_.push({ReplyKind::kSecondaryAttributes});
      return true;
    case function_key('n'):  // DSR
      if (first == 5) replies_.push({ReplyKind::kStatusOk});
      if (first == 6) {
        const Position cursor = screen_.reported_cursor();
        replies_.push({ReplyKind::kCursorPosition, cursor.row + 1, cursor.column + 1});
      }
      return true;
    case function_key('?', '$', 'p'):  // DECRQM
      replies_.push({ReplyKind::kPrivateMode, first, private_mode_state(first)});
      return true;
    case function_key(0, '$', 'p'):
      replies_.push({ReplyKind::kAnsiMode, first, first != 4 ? 0U : screen_.insert() ? 1U : 2U});
      return true;
    case function_key('>', 0, 'q'):  // XTVERSION
      if (first == 0) replies_.push({ReplyKind::kVersion});
      return true;
    case function_key('t'):
      window_operation(sequence);
      return true;
    default:
      return false;
  }
}

void Emulator::window_operation(const ControlSequence& sequence) {
  // Never 20 and 21: they would report a title, text of the program's choice, as typed input.
  const std::uint32_t selection = sequence.value(1, 0);
  switch (sequence.value(0, 0)) {
    case 18:
      return replies_.push({ReplyKind::kWindowSize});
    case 22:
      if (selection <= 2) titles_.push(framebuffer().strings());
      return;
    case 23:
      if (selection <= 2 && titles_.pop(static_cast<TitleSelection>(selection), screen_.framebuffer())) {
        strings_changed_ = true;
      }
      return;
    default:
      return;
  }
}

void Emulator::change_setting(const ControlSequence& sequence) {
  switch (sequence.key) {
    case function_key('g'):  // TBC
      if (sequence.value(0, 0) == 0) screen_.tabs().clear(framebuffer().cursor().column);
      if (sequence.value(0, 0) == 3) screen_.tabs().clear_all();
      return;
    case function_key('r'):  // DECSTBM
      return screen_.set_margins(sequence.value(0, 1) - 1, sequence.value(1, framebuffer().rows()) - 1);
    case function_key('h'):
      return set_modes(sequence, /*on=*/true);
    case function_key('l'):
      return set_modes(sequence, /*on=*/false);
    case function_key('?', 0, 'h'):
      return set_private_modes(sequence, /*on=*/true);
    case function_key('?', 0, 'l'):
      return set_private_modes(sequence, /*on=*/false);
    case function_key(0, '!', 'p'):  // DECSTR
      return soft_reset();
    case function_key(0, ' ', 'q'):  // DECSCUSR
      if (sequence.value(0, 0) <= 6) {
        screen_.framebuffer().modes().cursor_style = static_cast<std::uint8_t>(sequence.value(0, 0));
      }
      return;
    default:
      return;
  }
}

}  // namespace sallyport::terminal
