// Whether the user's terminal understands UTF-8, as far as the environment tells (command line 2.2 and section 5,
// number 4). Linked by the command, before it logs in anywhere, by the guard, before it touches the terminal, and by
// the doctor.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/environment.h"

namespace sallyport::client {

/// The locale that counts for characters: the first of LC_ALL, LC_CTYPE and LANG that has a value.
struct CharacterLocale {
  std::string_view name = "C";
  std::string_view variable;  ///< empty: none is set
};
/// Borrowed from `environment`.
[[nodiscard]] CharacterLocale character_locale(const Environment& environment);

/// What is wrong with it and how to mend it, in lines without the last newline; nothing if it is a UTF-8 locale: by its
/// name, or by its character set where this host has it. `program` is what the user calls.
[[nodiscard]] std::optional<std::string> locale_complaint(const Environment& environment, std::string_view program);

}  // namespace sallyport::client
