#include "terminal/parser.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "terminal/ascii_run.h"

namespace sallyport::terminal {
namespace {

constexpr std::uint8_t kCancel = 0x18;
constexpr std::uint8_t kSubstitute = 0x1A;
constexpr std::uint8_t kEscapeByte = 0x1B;
constexpr std::uint8_t kBell = 0x07;
constexpr std::uint8_t kDelete = 0x7F;
// Above every 16-bit value and far from overflow: where a parameter's number stops growing.
constexpr std::uint32_t kTooLarge = 65536;
// Ours: what an OSC string's buffer keeps between strings.
constexpr std::size_t kKeptOscBytes = 1024;

constexpr bool is_intermediate(std::uint8_t byte) { return byte >= 0x20 && byte <= 0x2F; }
constexpr bool is_digit(std::uint8_t byte) { return byte >= '0' && byte <= '9'; }
constexpr std::uint16_t parameter_value(std::uint32_t number) {
  return static_cast<std::uint16_t>(number < kTooLarge ? number : 0);
}

constexpr unsigned kShortDigits = 4;
struct ShortNumber {
  unsigned digits = kShortDigits + 1;  // more than kShortDigits: look for yourself
  std::uint16_t value = 0;             // 0 for no digits
};

// The decimal number at `at`, whose digits end before `end`. Without a branch on how many there are: nothing predicts
// that.
ShortNumber short_number(const std::uint8_t* at, const std::uint8_t* end) {
  if (end - at < 8 || std::endian::native != std::endian::little) return {};
  std::uint64_t word = 0;
  std::memcpy(&word, at, sizeof word);
  word ^= 0x3030303030303030ULL;  // digits are below 10 now
  // Top bit of a byte: no digit. Exact up to the first such byte.
  const std::uint64_t other = ((word + 0x7676767676767676ULL) | word) & 0x8080808080808080ULL;
  const auto digits = static_cast<unsigned>(std::countr_zero(other)) / 8;
  if (digits > kShortDigits) return {};
  // Four digits, the first in the lowest byte, with zeros before: in pairs, then both.
  const auto four = static_cast<std::uint32_t>(word << (8 * (kShortDigits - digits)) & 0xFFFFFFFF);
  const std::uint32_t pairs = four * 10 + (four >> 8U);
  return {digits, static_cast<std::uint16_t>((pairs & 0xFF) * 100 + (pairs >> 16U & 0xFF))};
}

// A complete, well-formed character of two to four bytes at `at`: its length, and the code point; 0 if it is not one,
// or a surrogate, or runs over the end: then the decoder sorts it out.
unsigned whole_character(const std::uint8_t* at, const std::uint8_t* end, char32_t& code_point) {
  const auto tail = [at](unsigned index) { return static_cast<std::uint32_t>(at[index] ^ 0x80U); };  // < 0x40 if valid
  const std::ptrdiff_t left = end - at;
  if (at[0] >= 0xE0 && at[0] < 0xF0 && left >= 3) {
    const std::uint32_t second = tail(1);
    const std::uint32_t third = tail(2);
    code_point = (at[0] & 0x0FU) << 12U | second << 6U | third;
    return (second | third) < 0x40 && code_point >= 0x800 && (code_point < 0xD800 || code_point > 0xDFFF) ? 3 : 0;
  }
  if (at[0] >= 0xC2 && at[0] < 0xE0 && left >= 2) {
    code_point = (at[0] & 0x1FU) << 6U | tail(1);
    return tail(1) < 0x40 ? 2 : 0;
  }
  if (at[0] >= 0xF0 && at[0] < 0xF5 && left >= 4) {
    const std::uint32_t rest = tail(1) | tail(2) | tail(3);
    code_point = (at[0] & 0x07U) << 18U | tail(1) << 12U | tail(2) << 6U | tail(3);
    return rest < 0x40 && code_point >= 0x10000 && code_point <= 0x10FFFF ? 4 : 0;
  }
  return 0;
}

}  // namespace

void Parser::write(std::span<const std::byte> bytes) {
  Bytes at = reinterpret_cast<Bytes>(bytes.data());
  Bytes const end = at + bytes.size();
  while (at != end) {
    if (!decoder_.idle() && state_ != State::kGround) {
      at = decoded(at);
      continue;
    }
    switch (state_) {
      case State::kGround:
        at = ground(at, end);
        break;
      case State::kOsc:
        at = osc_body(at, end);
        break;
      case State::kString:
      case State::kDcsBody:
        // Nothing in here matters but what ends it, so it need not be decoded.
        at = std::find_if(at, end, [](std::uint8_t b) { return b == kEscapeByte || b == kCancel || b == kSubstitute; });
        if (at != end) consume(*at++);
        break;
      case State::kCsiEntry:
      case State::kCsiParameter:
        at = parameters(at, end);
        break;
      case State::kEscape:
      case State::kEscapeIntermediate:
      case State::kCsiIntermediate:
      case State::kCsiIgnore:
      case State::kDcsEntry:
      case State::kDcsParameter:
      case State::kDcsIntermediate:
        at = decoded(at);
        break;
    }
  }
}

Parser::Bytes Parser::ground(Bytes at, Bytes end) {
  while (at != end) {
    const std::uint8_t byte = *at;
    if (byte >= 0x80 || !decoder_.idle()) {
      at = ground_utf8(at, end);
    } else if (byte >= 0x20) {
      Bytes const run = printable_end(at, end);
      if (run != at) actions_->print_ascii({reinterpret_cast<const char*>(at), static_cast<std::size_t>(run - at)});
      at = run == at ? at + 1 : run;  // DEL is nothing
    } else if (byte == kEscapeByte) {
      Bytes const after = whole_control(at + 1, end);
      if (after == nullptr) {
        enter_sequence(State::kEscape);
        return at + 1;
      }
      at = after;
    } else {
      if (byte != kCancel && byte != kSubstitute) actions_->execute(byte);
      ++at;
    }
  }
  return at;
}

// Carries out the control sequence whose '[' is at `at`, by far the most frequent thing after an ESC, without a turn
// through the state machine, and returns its end. Null, with nothing done, if it is not all there or not that plain
// (marker, semicolons, short numbers, final byte): then the state machine sorts it out.
Parser::Bytes Parser::whole_control(Bytes at, Bytes end) {
  if (at == end || *at != '[') return nullptr;
  if (++at == end) return nullptr;
  std::uint8_t marker = 0;
  if (*at >= '<' && *at <= '?') marker = *at++;
  std::uint32_t count = 0;
  while (true) {
    const ShortNumber number = short_number(at, end);
    if (number.digits > kShortDigits) return nullptr;
    at += number.digits;
    if (*at != ';' || count == kMaxParameters - 1) {
      if (*at < 0x40 || *at >= kDelete) return nullptr;
      if (count > 0 || number.digits > 0) sequence_.values[count++] = number.value;
      break;
    }
    sequence_.values[count++] = number.value;
    ++at;
  }
  sequence_.key = function_key(static_cast<char>(marker), 0, static_cast<char>(*at));
  sequence_.count = count;
  sequence_.sub_parameters = 0;
  actions_->control(sequence_);
  return at + 1;
}

Parser::Bytes Parser::ground_utf8(Bytes at, Bytes end) {
  std::size_t length = 0;
  while (at != end && length < run_.size() && (*at >= 0x80 || !decoder_.idle())) {
    char32_t code_point = 0;
    unsigned size = 0;
    if (decoder_.idle()) size = whole_character(at, end, code_point);
    if (size == 0) {
      const Utf8Decoder::Step step = decoder_.feed(*at);
      if (!step.again) ++at;
      if (!step.has_code_point) continue;
      code_point = step.code_point;
    } else {
      at += size;
    }
    if (code_point >= 0xA0) run_[length++] = code_point;  // C1 is not interpreted (spec 3.1)
  }
  if (length > 0) actions_->print({run_.data(), length});
  return at;
}

Parser::Bytes Parser::osc_body(Bytes at, Bytes end) {
  Bytes const run = printable_end(at, end);
  if (run == at) return decoded(at);
  const auto size = static_cast<std::size_t>(run - at);
  const std::size_t room = kMaxOscCodePoints - osc_code_points_;
  osc_.append(reinterpret_cast<const char*>(at), std::min(size, room));
  osc_code_points_ += std::min(size, room);
  if (size > room) osc_complete_ = false;
  return run;
}

Parser::Bytes Parser::parameters(Bytes at, Bytes end) {
  while (at != end) {
    const std::uint8_t byte = *at;
    if (is_digit(byte) || byte == ';') {
      state_ = State::kCsiParameter;
      parameter_byte(byte);
      ++at;
    } else if (byte >= 0x40 && byte < kDelete) {
      state_ = State::kGround;
      dispatch_control(byte);
      return at + 1;
    } else {
      return decoded(at);
    }
  }
  return at;
}

Parser::Bytes Parser::decoded(Bytes at) {
  if (*at < 0x80 && decoder_.idle()) {
    consume(*at);
    return at + 1;
  }
  const Utf8Decoder::Step step = decoder_.feed(*at);
  if (step.has_code_point) consume(step.code_point);
  return step.again ? at : at + 1;
}

void Parser::consume(char32_t code_point) {
  if (code_point >= 0x80 && code_point < 0xA0) return;  // spec 3.1
  if (code_point == kEscapeByte) return leave_by_escape();
  if (code_point == kCancel || code_point == kSubstitute) {
    state_ = State::kGround;
    return;
  }
  // Everything from U+00A0 on behaves like the letter A (spec 3.2), but never names a function.
  const std::uint8_t byte = code_point < 0x80 ? static_cast<std::uint8_t>(code_point) : std::uint8_t{0xFF};
  switch (state_) {
    case State::kEscape:
    case State::kEscapeIntermediate:
      return consume_escape(byte);
    case State::kCsiEntry:
    case State::kCsiParameter:
    case State::kCsiIntermediate:
    case State::kCsiIgnore:
      return consume_csi(byte);
    case State::kDcsEntry:
    case State::kDcsParameter:
    case State::kDcsIntermediate:
      return consume_dcs(byte);
    case State::kOsc:
      return consume_osc(code_point);
    case State::kGround:  // ground has its own paths
    case State::kDcsBody:
    case State::kString:
      return;
  }
}

void Parser::leave_by_escape() {
  const State left = state_;
  enter_sequence(State::kEscape);
  if (left == State::kOsc) dispatch_osc();
  if (left == State::kDcsBody) actions_->device_control(device_control_);
}

inline void Parser::enter_sequence(State state) {
  state_ = state;
  marker_ = 0;
  intermediate_ = 0;
  too_many_ = false;
  dropping_ = false;
  number_ = 0;
  sequence_.count = 0;
  sequence_.sub_parameters = 0;
}

void Parser::collect(std::uint8_t byte) {
  if (intermediate_ != 0) too_many_ = true;
  intermediate_ = byte;
}

inline FunctionKey Parser::key_of(std::uint8_t final_byte) const {
  if (too_many_ || final_byte == 0xFF) return 0;
  return function_key(static_cast<char>(marker_), static_cast<char>(intermediate_), static_cast<char>(final_byte));
}

void Parser::consume_escape(std::uint8_t byte) {
  if (byte < 0x20) return actions_->execute(byte);
  if (byte == kDelete) return;
  if (is_intermediate(byte)) {
    state_ = State::kEscapeIntermediate;
    return collect(byte);
  }
  const bool bare = state_ == State::kEscape;
  state_ = State::kGround;
  if (bare) {
    switch (byte) {
      case '[':
        state_ = State::kCsiEntry;
        return;
      case 'P':
        state_ = State::kDcsEntry;
        return;
      case ']':
        state_ = State::kOsc;
        osc_.clear();
        osc_code_points_ = 0;
        osc_complete_ = true;
        return;
      case 'X':
      case '^':
      case '_':
      case 'k':  // screen's title, which other terminals print (spec 3.3)
        state_ = State::kString;
        return;
      default:
        break;
    }
  }
  if (const FunctionKey key = key_of(byte); key != 0) actions_->escape(key);
}

inline void Parser::parameter_byte(std::uint8_t byte) {
  if (sequence_.count == 0) {
    sequence_.count = 1;
    number_ = 0;
  }
  if (is_digit(byte)) {
    number_ = std::min(number_ * 10 + (byte - '0'), kTooLarge);
    return;
  }
  finish_parameters();
  number_ = 0;
  if (sequence_.count == kMaxParameters) {
    dropping_ = true;
    return;
  }
  if (byte == ':') sequence_.sub_parameters |= 1U << sequence_.count;
  ++sequence_.count;
}

inline void Parser::finish_parameters() {
  if (sequence_.count == 0 || dropping_) return;
  sequence_.values[sequence_.count - 1] = parameter_value(number_);
}

void Parser::consume_csi(std::uint8_t byte) {
  if (byte < 0x20) return actions_->execute(byte);
  if (byte == kDelete) return;
  if (byte >= 0x40) {
    const bool ignored = state_ == State::kCsiIgnore;
    state_ = State::kGround;
    if (!ignored) dispatch_control(byte);
    return;
  }
  if (state_ == State::kCsiIgnore) return;
  if (is_intermediate(byte)) {
    state_ = State::kCsiIntermediate;
    return collect(byte);
  }
  if (state_ == State::kCsiEntry && byte >= '<') {
    marker_ = byte;
    state_ = State::kCsiParameter;
  } else if (state_ == State::kCsiParameter && byte == ':') {
    parameter_byte(byte);
  } else {
    state_ = State::kCsiIgnore;
  }
}

inline void Parser::dispatch_control(std::uint8_t final_byte) {
  finish_parameters();
  sequence_.key = key_of(final_byte);
  if (sequence_.key == 0) return;
  if (sequence_.sub_parameters != 0 && sequence_.key != function_key('m')) return;  // only SGR has sub-parameters
  actions_->control(sequence_);
}

void Parser::consume_dcs(std::uint8_t byte) {
  if (byte < 0x20 || byte == kDelete) return;
  if (byte >= 0x40) {
    device_control_ = key_of(byte);
    state_ = State::kDcsBody;
  } else if (is_intermediate(byte)) {
    state_ = State::kDcsIntermediate;
    collect(byte);
  } else if (state_ == State::kDcsEntry && byte >= '<') {
    marker_ = byte;
    state_ = State::kDcsParameter;
  } else if (state_ != State::kDcsIntermediate && (is_digit(byte) || byte == ';')) {
    state_ = State::kDcsParameter;
  } else {
    state_ = State::kString;
  }
}

void Parser::consume_osc(char32_t code_point) {
  if (code_point == kBell) {
    state_ = State::kGround;
    return dispatch_osc();
  }
  if (code_point < 0x20) return;
  if (osc_code_points_ == kMaxOscCodePoints) {
    osc_complete_ = false;
    return;
  }
  append_utf8(osc_, code_point);
  ++osc_code_points_;
}

void Parser::dispatch_osc() {
  actions_->operating_system_command(osc_, osc_complete_);
  osc_.clear();
  if (osc_.capacity() > kKeptOscBytes) std::string().swap(osc_);
}

}  // namespace sallyport::terminal
