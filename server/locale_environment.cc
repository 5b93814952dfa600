#include "server/locale_environment.h"

#include <langinfo.h>
#include <locale.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace sallyport::server {
namespace {

// spec: command line 1.5 step 3.
constexpr std::array<std::string_view, 15> kLocaleNames = {
    "LANG",     "LANGUAGE",   "LC_CTYPE",     "LC_NUMERIC",     "LC_TIME",           "LC_COLLATE", "LC_MONETARY", "LC_MESSAGES",
    "LC_PAPER", "LC_NAME",    "LC_ADDRESS",   "LC_TELEPHONE",   "LC_MEASUREMENT",    "LC_IDENTIFICATION", "LC_ALL"};
// spec: command line 1.5 (b).
constexpr std::array<const char*, 3> kLastResorts = {"C.UTF-8", "C.utf8", "en_US.UTF-8"};
// What the C library calls the character set of its "C" locale, and the name people know.
constexpr std::string_view kAscii = "ANSI_X3.4-1968";

/// What the variables of one environment amount to.
struct Adopted {
  std::string deciding;  ///< NAME=VALUE, or [no charset variables]
  std::string charset;
  bool installed = true;
  bool utf8 = false;
};

Adopted adopt(const Environment& environment, const CharsetLookup& charset_of) {
  Adopted adopted{.deciding = "[no charset variables]", .charset = {}};
  std::string name;
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (!environment.has_value(variable)) continue;
    name = *environment.get(variable);
    adopted.deciding = std::string(variable) + "=" + name;
    break;
  }
  const auto charset = charset_of(name);
  adopted.installed = charset.has_value();
  adopted.charset = charset.value_or(std::string(kAscii));
  adopted.utf8 = adopted.charset == "UTF-8" || adopted.charset == "utf-8";
  if (adopted.charset == kAscii) adopted.charset = "US-ASCII";
  return adopted;
}

void report_missing(std::string& messages, const Adopted& adopted) {
  if (adopted.installed) return;
  messages += "The locale requested by " + adopted.deciding + " isn't available here.\n";
  const std::string value = adopted.deciding.substr(adopted.deciding.find('=') + 1);
  messages += "If it should be, run locale-gen with " + value + " as administrator.\n";
}

void take_client_words(Environment& environment, const std::vector<std::string>& words) {
  for (const auto name : kLocaleNames) environment.unset(name);
  for (const std::string& word : words) {
    const auto equals = word.find('=');
    if (equals == std::string::npos) continue;
    const std::string_view name = std::string_view(word).substr(0, equals);
    if (std::ranges::find(kLocaleNames, name) == kLocaleNames.end()) continue;
    environment.set(name, std::string_view(word).substr(equals + 1));
  }
}

}  // namespace

std::optional<std::string> system_charset(const std::string& locale) {
  const char* name = locale.empty() ? "C" : locale.c_str();
  const locale_t handle = ::newlocale(LC_CTYPE_MASK, name, static_cast<locale_t>(nullptr));
  if (handle == static_cast<locale_t>(nullptr)) return {};
  std::string charset = ::nl_langinfo_l(CODESET, handle);
  ::freelocale(handle);
  return charset;
}

LocaleOutcome settle_locale(Environment& environment, const std::vector<std::string>& words,
                            const CharsetLookup& charset_of) {
  LocaleOutcome outcome;
  const Adopted own = adopt(environment, charset_of);
  report_missing(outcome.messages, own);
  if (own.utf8) {
    outcome.usable = true;
    return outcome;
  }

  take_client_words(environment, words);
  const Adopted client = adopt(environment, charset_of);
  report_missing(outcome.messages, client);
  if (client.utf8) {
    outcome.usable = true;
    return outcome;
  }

  for (const char* resort : kLastResorts) {
    const auto charset = charset_of(resort);
    if (charset != "UTF-8" && charset != "utf-8") continue;
    for (const auto name : kLocaleNames) environment.unset(name);
    environment.set("LANG", resort);
    outcome.messages += "The server has no UTF-8 locale (" + own.deciding + "; from the client: " + client.deciding +
                        "). Starting with " + resort + " instead.\n";
    outcome.usable = true;
    return outcome;
  }

  outcome.messages = "mosh-server needs a UTF-8 native locale to run.\n\n"
                     "Unfortunately, the local environment (" + own.deciding + ") specifies\nthe character set \"" +
                     own.charset + "\",\n\nand the client-supplied environment (" + client.deciding +
                     ") specifies\nthe character set \"" + client.charset + "\".\n\n" + outcome.messages +
                     "Generate a UTF-8 locale on this host, such as C.UTF-8 or en_US.UTF-8.\n";
  return outcome;
}

}  // namespace sallyport::server
