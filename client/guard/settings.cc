#include "client/guard/settings.h"

#include <langinfo.h>
#include <locale.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace sallyport::client {
namespace {

constexpr std::uint8_t kFirstPrintable = 0x20;
constexpr std::uint8_t kDefaultKey = 0x1E;  // spec: Ctrl-^
/// By PredictionMode.
constexpr std::array<std::string_view, 4> kModes = {"adaptive", "always", "never", "experimental"};

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
  return locale.substr(
      dot + 1, locale.find('@') == std::string_view::npos ? std::string_view::npos : locale.find('@') - dot - 1);
}

/// A peer's or a user's text for one line of a message: what is not printable ASCII becomes "?".
std::string shown(std::string_view text) {
  std::string out(text.substr(0, 100));
  std::ranges::replace_if(out, [](char letter) { return letter < 0x20 || letter > 0x7E; }, '?');
  return out;
}

}  // namespace

std::optional<std::uint8_t> escape_key_from(std::optional<std::string_view> text) {
  constexpr std::string_view kRefused = "\x03\x04\n\x0C\r";
  if (!text) return kDefaultKey;
  if (text->empty()) return {};
  const auto byte = static_cast<std::uint8_t>(text->front());
  if (text->size() > 1 || byte > 127 || kRefused.find(text->front()) != std::string_view::npos) return kDefaultKey;
  return byte;
}

std::string key_name(std::uint8_t key) {
  if (key >= kFirstPrintable) return {1, static_cast<char>(key)};
  return std::string("Ctrl-") + static_cast<char>(key + 0x40);
}

Result<Settings, std::string> settings_from(const Environment& environment) {
  Settings settings;
  if (const auto mode = environment.get("MOSH_PREDICTION_DISPLAY")) {
    const auto found = std::ranges::find(kModes, *mode);
    if (found == kModes.end()) return std::unexpected("Unknown prediction mode " + shown(*mode) + ".\n");
    settings.prediction = static_cast<PredictionMode>(found - kModes.begin());
  }
  settings.overwrite = environment.get("MOSH_PREDICTION_OVERWRITE") == "yes";
  settings.title_prefix = !environment.get("MOSH_TITLE_NOPREFIX");
  settings.terminal_init = !environment.get("MOSH_NO_TERM_INIT");
  settings.clipboard = environment.get("SALLYPORT_CLIPBOARD") != "no";
  settings.escape_key = escape_key_from(environment.get("MOSH_ESCAPE_KEY"));
  settings.terminal_type = environment.get("TERM").value_or("");
  return settings;
}

Result<void, std::string> check_charset(const Environment& environment) {
  std::string_view name = "C";
  std::string_view variable = "none of LC_ALL, LC_CTYPE and LANG is set";
  for (const char* candidate : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!environment.has_value(candidate)) continue;
    name = *environment.get(candidate);
    variable = candidate;
    break;
  }
  // We need no locale of the system, only a terminal that shows UTF-8: the name will do where it is not installed.
  if (names_utf8(charset_in(name))) return {};
  if (::setlocale(LC_CTYPE, std::string(name).c_str()) != nullptr && names_utf8(::nl_langinfo(CODESET))) return {};
  return std::unexpected("Your terminal's locale is " + shown(name) + " (" + std::string(variable) +
                         "), which is not UTF-8.\nSet LANG to a UTF-8 locale, e.g. LANG=C.UTF-8 sallyport ...\n");
}

}  // namespace sallyport::client
