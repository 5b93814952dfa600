#include "client/guard/settings.h"

#include <algorithm>
#include <array>

namespace sallyport::client {
namespace {

constexpr std::uint8_t kDefaultKey = 0x1E;  // spec: Ctrl-^
/// By PredictionMode.
constexpr std::array<std::string_view, 4> kModes = {"adaptive", "always", "never", "experimental"};

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

}  // namespace sallyport::client
