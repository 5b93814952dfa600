#include "client/guard/terminal_facts.h"

#include <algorithm>
#include <array>

#include "client/common/compartment_arguments.h"

// Last: it makes macros of words such as "columns".
#include <term.h>

namespace sallyport::client {
namespace {

/// The entry's string without padding, "" if there is none.
std::string string_of(const char* capability) {
  // tigetstr takes a char* that it does not write.
  const char* const text = ::tigetstr(const_cast<char*>(capability));
  if (text == nullptr || text == reinterpret_cast<const char*>(-1)) return {};  // NOLINT: as terminfo says "no string"
  std::string out(text);
  for (auto at = out.find("$<"); at != std::string::npos; at = out.find("$<", at)) {
    const auto end = out.find('>', at);
    if (end == std::string::npos) break;
    out.erase(at, end - at + 1);
  }
  return out.size() <= kMaxTerminalStringBytes ? out : std::string();
}

}  // namespace

bool takes_titles(std::string_view type) {
  constexpr std::array<std::string_view, 7> kPrefixes = {"xterm",     "rxvt",   "kterm", "Eterm",
                                                         "alacritty", "screen", "tmux"};
  return std::ranges::any_of(kPrefixes, [type](std::string_view prefix) { return type.starts_with(prefix); });
}

Result<TerminalFacts, std::string> terminal_facts(const std::string& type) {
  if (type.empty()) return std::unexpected(std::string("TERM is not set: the terminal's type is not known."));
  int found = 0;
  if (::setupterm(type.c_str(), 1, &found) != 0) {
    if (found == 1) return std::unexpected("Terminal type " + type + " is hardcopy: it has no screen.");
    if (found == 0) return std::unexpected("Terminal type " + type + " is not in the local terminfo database.");
    return std::unexpected(std::string("The terminfo database could not be found."));
  }
  TerminalFacts facts;
  facts.colors = ::tigetnum(const_cast<char*>("colors"));
  facts.has_ech = !string_of("ech").empty();
  facts.has_bce = ::tigetflag(const_cast<char*>("bce")) == 1;
  facts.has_title = takes_titles(type);
  facts.enter = string_of("smcup");
  facts.leave = string_of("rmcup");
  (void)::del_curterm(::cur_term);
  return facts;
}

}  // namespace sallyport::client
