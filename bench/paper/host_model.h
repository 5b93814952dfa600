// What the far program of bench/paper does with each key: a shell's line editor, a reader with single-key commands, and
// a letter being written. A function of the keys alone, so that the driver knows which screen is right after each of
// them. prediction 11.3 item 3.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace sallyport::bench {

/// The screen it draws for. Row 0 is left to the clients' notices: nothing on it is compared.
inline constexpr std::uint32_t kHostColumns = 80;
inline constexpr std::uint32_t kHostRows = 24;

/// Cuts what was typed into keys: one byte each, or ESC [ x, or ESC O x.
class KeyReader {
 public:
  void add(std::string_view bytes) { held_.append(bytes); }
  [[nodiscard]] std::optional<std::string> next();

 private:
  std::string held_;
};

/// The text between a margin and the cursor's row end, edited as line editors do it.
class EditedLine {
 public:
  /// Each gives what is to be printed, the cursor being in the line at its place.
  std::string insert(char letter);
  std::string erase();
  std::string left();
  std::string right();

  void set(std::string text) {
    text_ = std::move(text);
    at_ = text_.size();
  }
  [[nodiscard]] const std::string& text() const { return text_; }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }

 private:
  std::string text_;
  std::size_t at_ = 0;
};

class HostModel {
 public:
  struct Answer {
    std::string output;  ///< ends with a window title that is the number of keys answered: nobody predicts that
    Duration delay{};    ///< from the key to the output: 1 ms for echo, some 20 ms for a command
  };

  /// The screen before any key.
  [[nodiscard]] std::string greeting() const;
  /// Answers one key as KeyReader gives it.
  [[nodiscard]] Answer answer(std::string_view key);

 private:
  enum class Program : std::uint8_t { kShell, kReader, kLetter };

  [[nodiscard]] std::string in_shell(std::string_view key);
  [[nodiscard]] std::string run_command();
  [[nodiscard]] std::string in_reader(std::string_view key);
  [[nodiscard]] std::string in_letter(std::string_view key);
  [[nodiscard]] std::string begin_letter_line();
  [[nodiscard]] std::string edit(std::string_view key);
  [[nodiscard]] std::string leave_program();
  [[nodiscard]] std::string page() const;

  Program program_ = Program::kShell;
  EditedLine line_;
  std::string previous_;  // the command before, for the Up key
  std::uint32_t letter_row_ = 0;
  std::uint64_t count_ = 0;  // keys answered
  bool command_ = false;     // the key being answered takes a command's time
};

}  // namespace sallyport::bench
