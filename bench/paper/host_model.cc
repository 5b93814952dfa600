#include "bench/paper/host_model.h"

#include <cmath>
#include <numbers>

namespace sallyport::bench {
namespace {

constexpr std::string_view kPrompt = "user@far:~$ ";
constexpr std::uint32_t kLetterTop = 5;      // first row of a letter's text, from 1
constexpr std::uint32_t kLetterBottom = 22;  // and the last
constexpr std::size_t kFillColumn = 72;      // where a letter's words go on in the next row
constexpr char kErase = 0x7F;
constexpr char kLeaveLetter = 0x18;  // Ctrl-X

/// One of the usual mixers: the same number always gives the same noise.
std::uint64_t noise(std::uint64_t number) {
  number += 0x9E3779B97F4A7C15U;
  number = (number ^ (number >> 30U)) * 0xBF58476D1CE4E5B9U;
  number = (number ^ (number >> 27U)) * 0x94D049BB133111EBU;
  return number ^ (number >> 31U);
}

double uniform(std::uint64_t number) { return (static_cast<double>(noise(number) >> 11U) + 0.5) / 9007199254740992.0; }

/// Log-normal around a median of 20 ms.
Duration command_delay(std::uint64_t number) {
  const double normal =
      std::sqrt(-2 * std::log(uniform(2 * number))) * std::cos(2 * std::numbers::pi * uniform(2 * number + 1));
  return Duration(static_cast<std::int64_t>(20'000 * std::exp(0.8 * normal)));
}

/// Words that nobody would have guessed, `columns` wide at most.
std::string filler(std::uint64_t number, std::size_t columns) {
  std::string text;
  for (std::uint64_t word = 0;; ++word) {
    std::uint64_t bits = noise(number * 64 + word);
    const std::size_t size = 2 + bits % 8;
    if (text.size() + size + 1 > columns) return text;
    if (word != 0) text += ' ';
    for (std::size_t i = 0; i < size; ++i, bits /= 26) text += static_cast<char>('a' + bits % 26);
  }
}

std::string at_row(std::uint32_t row) { return "\033[" + std::to_string(row) + "H"; }

bool is_arrow(std::string_view key, char letter) { return key.size() == 3 && key[2] == letter; }

}  // namespace

std::optional<std::string> KeyReader::next() {
  if (held_.empty()) return std::nullopt;
  const std::size_t size = held_[0] == '\033' ? 3 : 1;
  if (held_.size() < size) return std::nullopt;
  std::string key = held_.substr(0, size);
  held_.erase(0, size);
  return key;
}

std::string EditedLine::insert(char letter) {
  const std::string rest = text_.substr(at_);
  text_.insert(at_++, 1, letter);
  return letter + rest + std::string(rest.size(), '\b');
}

std::string EditedLine::erase() {
  if (at_ == 0) return {};
  text_.erase(--at_, 1);
  const std::string rest = text_.substr(at_);
  return "\b" + rest + "\033[K" + std::string(rest.size(), '\b');
}

std::string EditedLine::left() {
  if (at_ == 0) return {};
  --at_;
  return "\b";
}

std::string EditedLine::right() {
  if (at_end()) return {};
  ++at_;
  return "\033[C";
}

std::string HostModel::greeting() const { return "\033[H\033[2J\r\n" + std::string(kPrompt) + "\033]2;0\007"; }

HostModel::Answer HostModel::answer(std::string_view key) {
  ++count_;
  command_ = false;
  std::string output = program_ == Program::kShell    ? in_shell(key)
                       : program_ == Program::kReader ? in_reader(key)
                                                      : in_letter(key);
  output += "\033]2;" + std::to_string(count_) + "\007";
  return {.output = std::move(output), .delay = command_ ? command_delay(count_) : Duration(1000)};
}

std::string HostModel::edit(std::string_view key) {
  if (is_arrow(key, 'D')) return line_.left();
  if (is_arrow(key, 'C')) return line_.right();
  if (key.size() != 1) return {};
  if (key[0] == kErase) return line_.erase();
  return key[0] >= ' ' ? line_.insert(key[0]) : std::string();
}

std::string HostModel::in_shell(std::string_view key) {
  if (key == "\r") return run_command();
  if (!is_arrow(key, 'A')) return edit(key);
  line_.set(previous_);
  return "\r" + std::string(kPrompt) + line_.text() + "\033[K";
}

std::string HostModel::run_command() {
  command_ = true;
  const std::string command = line_.text();
  line_.set("");
  if (!command.empty()) previous_ = command;
  if (command == "mail") {
    program_ = Program::kReader;
    return page();
  }
  if (command == "write") {
    program_ = Program::kLetter;
    letter_row_ = kLetterTop - 1;
    return "\033[H\033[2JNew letter" + at_row(2) + "To: " + filler(count_, 30) + at_row(3) +
           "Subject: " + filler(count_ + 1, 50) + at_row(4) + std::string(70, '-') + begin_letter_line();
  }
  std::string output = "\r\n";
  for (std::uint64_t i = 0; i < 1 + noise(count_) % 6; ++i) output += filler(count_ * 32 + i, 60) + "\r\n";
  return output + std::string(kPrompt);
}

std::string HostModel::page() const {
  std::string output = "\033[H\033[2JMessages";
  for (std::uint32_t row = 2; row < kHostRows; ++row) output += at_row(row) + filler(count_ * 32 + row, 76);
  return output + at_row(kHostRows) + "\033[7m-- " + std::to_string(count_) + " --\033[m ";
}

std::string HostModel::in_reader(std::string_view key) {
  command_ = true;
  return key == "q" ? leave_program() : page();
}

std::string HostModel::leave_program() {
  program_ = Program::kShell;
  line_.set("");
  return "\033[H\033[2J\r\n" + filler(count_ * 32, 40) + "\r\n" + std::string(kPrompt);
}

std::string HostModel::begin_letter_line() {
  std::string output;
  if (++letter_row_ > kLetterBottom) {
    letter_row_ = kLetterTop;
    output = at_row(kLetterTop) + "\033[J";
  }
  return output + at_row(letter_row_);
}

std::string HostModel::in_letter(std::string_view key) {
  if (key.size() == 1 && key[0] == kLeaveLetter) {
    command_ = true;
    return leave_program();
  }
  if (key == "\r") {
    line_.set("");
    return begin_letter_line();
  }
  std::string output = edit(key);
  const std::size_t space = line_.text().rfind(' ');
  if (line_.text().size() <= kFillColumn || !line_.at_end() || space == std::string::npos) return output;
  // The word that does not fit any more goes to the next row.
  const std::string word = line_.text().substr(space + 1);
  line_.set(word);
  output += "\r\033[" + std::to_string(space) + "C\033[K";
  return output + begin_letter_line() + word;
}

}  // namespace sallyport::bench
