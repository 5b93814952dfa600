#include "client/common/locale.h"

#include <langinfo.h>

#include <algorithm>
#include <cctype>
#include <clocale>

namespace sallyport::client {
namespace {

/// ours: more of a name than any system has.
constexpr std::size_t kMaxShownBytes = 100;

/// Without what is not a letter or digit, in lower case: "UTF-8" and "utf8" are the same.
bool names_utf8(std::string_view charset) {
  std::string plain;
  for (const char letter : charset) {
    if (std::isalnum(static_cast<unsigned char>(letter)) != 0)
      plain += static_cast<char>(std::tolower(static_cast<unsigned char>(letter)));
  }
  return plain == "utf8";
}

/// What stands between the dot and the at sign of a locale's name.
std::string_view charset_in(std::string_view locale) {
  const auto dot = locale.find('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view rest = locale.substr(dot + 1);
  return rest.substr(0, rest.find('@'));
}

/// For a message: what is not printable ASCII becomes "?".
std::string shown(std::string_view text) {
  std::string out(text.substr(0, kMaxShownBytes));
  std::ranges::replace_if(out, [](char letter) { return letter < 0x20 || letter > 0x7E; }, '?');
  return out;
}

}  // namespace

CharacterLocale character_locale(const Environment& environment) {
  for (const std::string_view variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (environment.has_value(variable)) return {*environment.get(variable), variable};
  }
  return {};
}

std::optional<std::string> locale_complaint(const Environment& environment, std::string_view program) {
  const auto [name, variable] = character_locale(environment);
  // We need no locale of the system, only a terminal that shows UTF-8: the name will do where it is not installed.
  if (names_utf8(charset_in(name))) return {};
  if (std::setlocale(LC_CTYPE, std::string(name).c_str()) != nullptr && names_utf8(::nl_langinfo(CODESET))) return {};
  std::string out = "Your terminal's locale is " + shown(name) + ". Set LANG to a UTF-8 locale, e.g. LANG=C.UTF-8 " +
                    std::string(program) + " ...";
  if (!variable.empty() && variable != "LANG")
    out += "\nUnset " + std::string(variable) + ", which counts before LANG.";
  return out;
}

}  // namespace sallyport::client
