// How the far side is reached, and by which addresses the session will be, as far as that is known before ssh runs
// (command line 3.4). Runs `ssh -G` and the resolver.
#pragma once

#include <string>
#include <vector>

#include "base/environment.h"
#include "base/result.h"
#include "client/bootstrap/destination.h"
#include "client/bootstrap/options.h"
#include "client/bootstrap/report.h"
#include "client/bootstrap/resolve.h"
#include "client/bootstrap/ssh_words.h"

namespace sallyport::client {

struct Route {
  Connection connection = Connection::kFakeProxy;
  std::string destination;                   ///< for ssh
  std::string ssh_port;                      ///< for messages; empty if unknown
  std::string address;                       ///< numeric, if it is known already
  std::vector<sys::SocketAddress> resolved;  ///< all of the name, if it was looked up
};

/// The error is the complaint. Not for --local.
[[nodiscard]] Result<Route, std::string> find_route(const CommandOptions& options, const Destination& destination,
                                                    const Environment& environment, const Resolver& resolver,
                                                    const Report& report);

}  // namespace sallyport::client
