// Arguments of compartments as key=value words: the reader and the writer that every list of arguments is made of.
// Every key once, in order, numbers in decimal without leading zeros: what is accepted is exactly what is written.
// Linked by whoever starts a compartment and by every compartment. docs/architecture.md, section 1: parameters in
// arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sallyport::privsep {

/// Why words were refused: the first word that is not as expected, by the key that was due, for one line on standard
/// error.
struct BadArgument {
  const char* expected = "";  ///< static: the key that should have stood here, or "end"
};

/// Reads words in order; once one is not as expected, stays failed.
class WordReader {
 public:
  /// `words` without the program's name; borrowed.
  explicit WordReader(std::span<const char* const> words) : words_(words) {}

  /// A number within `low`..`high`; `low` on failure.
  [[nodiscard]] std::uint64_t number(const char* key, std::uint64_t low, std::uint64_t high);
  /// Index of the value in `choices`; 0 on failure.
  [[nodiscard]] std::size_t choice(const char* key, std::span<const std::string_view> choices);
  /// As choice() between "no" and "yes".
  [[nodiscard]] bool yes(const char* key);
  /// The value as it stands, for the caller to judge; with fail() if it is wrong.
  [[nodiscard]] std::string_view text(const char* key);
  void fail(const char* key);

  /// The failure of the first bad word, or of words left over.
  [[nodiscard]] std::optional<BadArgument> failure();

 private:
  std::span<const char* const> words_;
  std::optional<BadArgument> failure_;
};

[[nodiscard]] std::string word(std::string_view key, std::string_view value);
[[nodiscard]] std::string word(std::string_view key, std::uint64_t value);
/// "yes" or "no".
[[nodiscard]] std::string yes_word(std::string_view key, bool value);

}  // namespace sallyport::privsep
