#include "client/screen/prediction_keys.h"

namespace sallyport::client {
namespace {

constexpr char32_t kEscapeCharacter = 0x1B;
constexpr char32_t kDelete = 0x7F;

bool is_control(char32_t code_point) { return code_point < 0x20 || (code_point >= 0x80 && code_point < 0xA0); }

}  // namespace

bool KeyParser::begin_read(TimePoint now) {
  const Duration pause = now - read_;
  read_ = now;
  if (state_ == State::kGround || state_ == State::kLateEscape) return false;
  if (pause <= kReadGap && now - opened_ <= kLongestSequence) return false;
  state_ = state_ == State::kEscape ? State::kLateEscape : State::kGround;
  return true;
}

KeyParser::Keys KeyParser::feed(std::uint8_t byte) {
  Keys keys;
  terminal::Utf8Decoder::Step step;
  do {
    step = decoder_.feed(byte);
    if (step.has_code_point) consume(step.code_point, keys);
  } while (step.again);
  return keys;
}

void KeyParser::consume(char32_t code_point, Keys& keys) {
  if (is_control(code_point)) return control_character(code_point, keys);
  switch (state_) {
    case State::kGround:
      keys.push(code_point == kDelete ? Key{Key::Kind::kBackspace} : Key{Key::Kind::kCharacter, code_point});
      break;
    case State::kEscape:
      in_escape(code_point, keys);
      break;
    case State::kLateEscape:
      state_ = State::kGround;
      keys.push({});
      break;
    case State::kControl:
      in_control(code_point, keys);
      break;
    case State::kString:
    case State::kStringEscape:
      in_string(code_point, keys);
      break;
  }
}

// Whatever is open: a control character may submit a line, so it is never swallowed.
void KeyParser::control_character(char32_t code_point, Keys& keys) {
  if (code_point == kEscapeCharacter) {
    if (state_ == State::kString) {
      state_ = State::kStringEscape;
      return;
    }
    if (state_ != State::kGround) keys.push({});
    state_ = State::kEscape;
    opened_ = read_;
    return;
  }
  const bool ends_string = code_point == 0x07 || code_point >= 0x80;
  const bool ends_all = code_point == 0x18 || code_point == 0x1A;
  if (ends_all || state_ == State::kEscape || state_ == State::kLateEscape ||
      (state_ == State::kString && ends_string)) {
    state_ = State::kGround;
  }
  if (state_ == State::kStringEscape) state_ = State::kString;
  if (code_point == '\n') {
    keys.push({Key::Kind::kLineFeed});
  } else {
    keys.push(code_point == '\r' ? Key{Key::Kind::kEnter} : Key{});
  }
}

void KeyParser::in_escape(char32_t code_point, Keys& keys) {
  switch (code_point) {
    case '[':
    case 'O':  // application cursor keys
      state_ = State::kControl;
      plain_ = true;
      has_one_ = false;
      return;
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
      state_ = State::kString;
      break;
    default:
      if (code_point >= 0x20 && code_point < 0x30) return;  // an intermediate: the sequence goes on
      state_ = State::kGround;
  }
  keys.push({});
}

void KeyParser::in_control(char32_t code_point, Keys& keys) {
  if (code_point >= 0x20 && code_point < 0x40) {
    plain_ = plain_ && !has_one_ && code_point == '1';
    has_one_ = true;
    return;
  }
  state_ = State::kGround;
  if (plain_ && code_point == 'C') {
    keys.push({Key::Kind::kRight});
  } else if (plain_ && code_point == 'D') {
    keys.push({Key::Kind::kLeft});
  } else {
    keys.push({});
  }
}

void KeyParser::in_string(char32_t code_point, Keys& keys) {
  if (state_ == State::kString) return;
  state_ = code_point == '\\' ? State::kGround : State::kString;
  keys.push({});
}

}  // namespace sallyport::client
