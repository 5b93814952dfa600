#include "tests/hostile/permitted.h"

#include <algorithm>
#include <regex>

namespace sallyport::hostile {
namespace {

constexpr std::size_t kMostToMonitor = 16384;
constexpr std::size_t kMostInputPiece = 8192;
constexpr std::size_t kCredit = 65536;
constexpr std::uint32_t kMostSide = 4096;
constexpr std::uint64_t kMostCells = 4194304;
constexpr std::uint32_t kMostIntroducers = 32;
constexpr std::int64_t kForgottenAfterMs = 1000;

/// A little-endian integer of `bytes` bytes.
std::uint64_t integer(std::string_view body, std::size_t at, std::size_t bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{static_cast<unsigned char>(body[at + i])} << (8 * i);
  return value;
}

bool is_address(std::string_view body) {
  if (body.size() != 19) return false;
  if (body[0] == 6) return true;
  return body[0] == 4 && body.substr(5, 12) == std::string_view("\0\0\0\0\0\0\0\0\0\0\0\0", 12);
}

bool is_log(std::string_view body) {
  return body.size() == 26 && body[0] >= 0 && body[0] <= 3 && body[1] >= 0 && body[1] <= 4;
}

/// The reply's bytes; nothing if it is out of range. Kinds in the order of architecture 3.
std::string reply_text(std::uint64_t kind, std::uint64_t a, std::uint64_t b, const std::string& window) {
  const std::string numbers = std::to_string(a) + ";" + std::to_string(b);
  if (kind == 3) return "\033[" + numbers + "R";
  if (kind == 4 || kind == 5) return a > 65535 || b > 4 ? "" : (kind == 4 ? "\033[?" : "\033[") + numbers + "$y";
  if (a != 0 || b != 0) return "";
  switch (kind) {
    case 0:
      return "\033[?62;22c";
    case 1:
      return "\033[>1;10;0c";
    case 2:
      return "\033[0n";
    case 6:
      return "\033P>|sallyport " SALLYPORT_VERSION "\033\\";
    case 7:
      return "\033[8;" + window + "t";
    case 8:
      return "\033P0$r\033\\";
    case 9:
      return "\033P0+r\033\\";
    default:
      return "";
  }
}

}  // namespace

bool Permitted::input_permitted(std::string_view body) {
  if (body.size() < 9) return false;
  const std::uint64_t state = integer(body, 0, 8);
  const std::string_view typed = body.substr(9);
  const bool last = body[8] == 1;
  if (!running_ || (body[8] != 0 && !last) || typed.size() > kMostInputPiece || (typed.empty() && !last)) return false;
  if (unread_ + typed.size() > kCredit || state < newest_input_) return false;
  unread_ += typed.size();
  newest_input_ = state;
  to_program_ += typed;
  released_ = true;
  return true;
}

void Permitted::told_net(std::string_view record) {
  if (record.size() != 5 || record[0] != '\x02') return;
  unread_ -= std::min<std::size_t>(unread_, integer(record, 1, 4));
}

bool Permitted::resize_permitted(std::string_view body) {
  if (body.size() != 16 || !running_) return false;
  const std::uint64_t state = integer(body, 0, 8), columns = integer(body, 8, 4), rows = integer(body, 12, 4);
  if (columns < 1 || rows < 1 || columns > kMostSide || rows > kMostSide || columns * rows > kMostCells) return false;
  if (state < newest_resize_) return false;
  newest_resize_ = state;
  columns_ = static_cast<std::uint32_t>(columns);
  rows_ = static_cast<std::uint32_t>(rows);
  most_columns_ = std::max(most_columns_, columns_);
  most_rows_ = std::max(most_rows_, rows_);
  released_ = true;
  return true;
}

Verdict Permitted::net(std::string_view record, bool descriptor) {
  if (record.empty()) return Verdict::kFarewell;
  if (descriptor || record.size() > kMostToMonitor) return Verdict::kViolation;
  const std::string_view body = record.substr(1);
  bool permitted = false;
  switch (static_cast<unsigned char>(record[0])) {
    case 0x82:
      permitted = !running_ && is_address(body);
      running_ = running_ || permitted;
      break;
    case 0x83:
      permitted = running_ && is_address(body);
      break;
    case 0x84:
      permitted = input_permitted(body);
      break;
    case 0x85:
      permitted = resize_permitted(body);
      break;
    case 0x86:
    case 0x87:
      permitted = running_ && body.empty();
      break;
    case 0x88:
      return body.size() == 1 && body[0] >= 0 && body[0] <= 8 ? Verdict::kFarewell : Verdict::kViolation;
    case 0x7F:
      permitted = is_log(body);
      break;
    default:
      break;  // 0x81, Ready, was said before the monitor locked down
  }
  return permitted ? Verdict::kAccepted : Verdict::kViolation;
}

void Permitted::printed(std::string_view output, std::int64_t now) {
  const auto found = static_cast<std::uint32_t>(std::count(output.begin(), output.end(), '\033'));
  if (found == 0) return;
  queries_ += found;
  const std::uint32_t before = now - newest_introducer_ > kForgottenAfterMs ? 0 : introducers_;
  introducers_ = std::min(kMostIntroducers, before + found);
  newest_introducer_ = now;
}

bool Permitted::may_reply(std::int64_t now) {
  if (introducers_ == 0 || now - newest_introducer_ > kForgottenAfterMs) return false;
  --introducers_;
  ++replies_;
  return true;
}

Verdict Permitted::terminal(std::string_view record, bool descriptor, std::int64_t now) {
  if (record.empty()) return Verdict::kFarewell;
  if (descriptor || record.size() > kMostToMonitor) return Verdict::kViolation;
  const std::string_view body = record.substr(1);
  if (record[0] == 0x7F) return is_log(body) ? Verdict::kAccepted : Verdict::kViolation;
  if (static_cast<unsigned char>(record[0]) != 0x91 || body.size() != 9) return Verdict::kViolation;
  const std::uint64_t kind = integer(body, 0, 1), a = integer(body, 1, 4), b = integer(body, 5, 4);
  if (kind == 3 && (a < 1 || a > most_rows_ || b < 1 || b > most_columns_)) return Verdict::kViolation;
  const std::string text = reply_text(kind, a, b, std::to_string(rows_) + ";" + std::to_string(columns_));
  if (text.empty()) return Verdict::kViolation;
  if (may_reply(now)) to_program_ += text;
  return Verdict::kAccepted;
}

bool only_replies(std::string_view text) {
  static const std::regex kLanguage(
      "(\x1b\\[\\?62;22c|\x1b\\[>1;10;0c|\x1b\\[0n|\x1b\\[[0-9]{1,4};[0-9]{1,4}R|\x1b\\[\\??[0-9]{1,5};[0-4]\\$y|"
      "\x1bP>\\|sallyport [0-9.]+\x1b\\\\|\x1b\\[8;[0-9]{1,4};[0-9]{1,4}t|\x1bP0[$+]r\x1b\\\\)*");
  return std::regex_match(text.begin(), text.end(), kLanguage);
}

}  // namespace sallyport::hostile
