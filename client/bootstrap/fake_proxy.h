// `sallyport --fake-proxy`: ssh's ProxyCommand (command line 3.5). Makes the TCP connection in ssh's place, says on
// standard error which address it was, and copies bytes both ways. Runs in a process of its own, without the key.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/unique_fd.h"
#include "client/bootstrap/options.h"
#include "client/bootstrap/report.h"
#include "client/bootstrap/resolve.h"

namespace sallyport::client {

struct ProxyPlan {
  std::string host;
  std::string port;
  FamilyChoice family = FamilyChoice::kPreferInet;
  Duration patience =
      std::chrono::seconds(5);  ///< ours: for an address that is not the last; a SYN is repeated after 1 and 3 s
};

/// The exit status: 0 once both directions have ended. `input` and `output` are ssh's ends.
[[nodiscard]] int run_fake_proxy(const ProxyPlan& plan, const Resolver& resolver, BorrowedFd input, UniqueFd output,
                                 const Report& report);

}  // namespace sallyport::client
