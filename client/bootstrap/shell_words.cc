#include "client/bootstrap/shell_words.h"

#include <utility>

namespace sallyport::client {
namespace {

/// Reads from `text` what stands after an opening quote, up to the closing one. False: there is none.
bool read_quoted(std::string_view& text, char quote, std::string& word) {
  // In double quotes a backslash takes effect before these alone (POSIX shell, 2.2.3).
  constexpr std::string_view kEscapable = "$`\"\\";
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == quote) return true;
    if (quote == '"' && c == '\\' && !text.empty()) {
      const char next = text.front();
      text.remove_prefix(1);
      if (next == '\n') continue;
      if (kEscapable.find(next) == std::string_view::npos) word += c;
      word += next;
      continue;
    }
    word += c;
  }
  return false;
}

}  // namespace

std::optional<std::vector<std::string>> split_words(std::string_view text) {
  std::vector<std::string> words;
  std::optional<std::string> word;  // none between words
  while (!text.empty()) {
    const char c = text.front();
    text.remove_prefix(1);
    if (c == ' ' || c == '\t' || c == '\n') {
      if (word) words.push_back(*std::exchange(word, std::nullopt));
      continue;
    }
    if (!word) word.emplace();
    if (c == '\'' || c == '"') {
      if (!read_quoted(text, c, *word)) return {};
    } else if (c == '\\') {
      if (text.empty()) return {};
      if (text.front() != '\n') *word += text.front();
      text.remove_prefix(1);
    } else {
      *word += c;
    }
  }
  if (word) words.push_back(std::move(*word));
  return words;
}

std::string single_quoted(std::string_view word) {
  std::string out = "'";
  for (const char c : word) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  out += '\'';
  return out;
}

}  // namespace sallyport::client
