// Settles the session's locale (command line 1.5): a UTF-8 one from the environment, from the client's -l words, or one that
// every system has. Our own programs need no locale; the programs in the session do. Linked by the monitor; runs before the
// session is detached.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "server/environment.h"

namespace sallyport::server {

/// The character set of a locale by its name, or nothing if it is not installed. The empty name is the "C" locale.
using CharsetLookup = std::function<std::optional<std::string>(const std::string& locale)>;

/// Asks the C library, without changing this process's locale.
[[nodiscard]] std::optional<std::string> system_charset(const std::string& locale);

struct LocaleOutcome {
  bool usable = false;   ///< false: no UTF-8 locale exists here; `messages` says so, and the server must not start
  std::string messages;  ///< for standard error, possibly empty
};

/// Changes `environment` only where the rules say so. `words` are the -l values: of these only assignments to the fifteen
/// locale variables count. `program` names us in messages.
[[nodiscard]] LocaleOutcome settle_locale(Environment& environment, const std::vector<std::string>& words,
                                          const CharsetLookup& charset_of);

}  // namespace sallyport::server
