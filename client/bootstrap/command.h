// The command as a whole (command line 3.3): from the options to the client that takes this process over.
#pragma once

#include <string>

#include "base/environment.h"
#include "client/bootstrap/options.h"
#include "client/bootstrap/report.h"
#include "client/bootstrap/resolve.h"

namespace sallyport::client {

struct CommandPlan {
  CommandOptions options;
  Environment environment;     ///< as we were given it
  std::string own_path;        ///< of this program's file
  std::string original_words;  ///< of our command line, joined by blanks
};

/// Returns only if no session came to be, with the exit status; everything has been said.
[[nodiscard]] int run_command(CommandPlan plan, const Resolver& resolver, const Report& report);

}  // namespace sallyport::client
