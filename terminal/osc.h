// Operating system commands: titles, clipboard and hyperlinks, checked; everything else is nothing. Linked by the
// terminal compartment. Specification: terminal 2.8, 2.9, 4.6, 4.7.
#pragma once

#include <cstddef>
#include <string_view>
#include <variant>

#include "terminal/actions.h"

namespace sallyport::terminal {

/// Spec 2.8: number, semicolon and text of a title together, in code points.
inline constexpr std::size_t kMaxTitleCommand = 256;
/// Spec 2.8: 52, two semicolons and a selector of one letter besides.
inline constexpr std::size_t kMaxClipboardBytes = kMaxOscCodePoints - 5;

/// All parts are borrowed from the command's text.
struct SetTitle {
  bool icon = false;
  bool window = false;
  std::string_view text;  ///< UTF-8, already cut
};
struct SetClipboard {
  std::string_view base64;  ///< base64 alphabet and padding alone; may be empty
};
struct SetLink {
  std::string_view parameters;
  std::string_view url;  ///< empty: no link from here on
};
using OscCommand = std::variant<std::monostate, SetTitle, SetClipboard, SetLink>;

/// What an OSC string asks for. `complete` is false if some of it was lost: then only titles count. Queries ask for
/// nothing.
[[nodiscard]] OscCommand parse_osc(std::string_view text, bool complete);

}  // namespace sallyport::terminal
