// What terminfo knows of the user's terminal (command line 2.1, terminal 6.8). Linked by guard alone, which reads it
// before its lock-down and passes it on.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace sallyport::client {

struct TerminalFacts {
  int colors = -1;  ///< -1: the entry has none
  bool has_ech = false;
  bool has_bce = false;
  bool has_title = false;  ///< by the type's name, as stock does it
  std::string enter;       ///< smcup, empty if the entry has none or it is longer than kMaxTerminalStringBytes
  std::string leave;       ///< rmcup
};

/// The facts of `type`. The error is one line without a newline.
[[nodiscard]] Result<TerminalFacts, std::string> terminal_facts(const std::string& type);

/// xterm, rxvt, kterm, Eterm, alacritty, screen, tmux, and what begins so.
[[nodiscard]] bool takes_titles(std::string_view type);

}  // namespace sallyport::client
