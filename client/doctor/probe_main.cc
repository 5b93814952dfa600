// What `sallyport doctor` measures the network with: takes a session's key, confines itself as the client's net, and
// speaks to the server. Started by the doctor alone, with the descriptors and arguments of client-net; tells what it
// finds on the guard's channel.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <span>

#include "base/sys/random.h"
#include "client/doctor/probe_session.h"
#include "client/net/key_text.h"
#include "crypto/protected_memory.h"
#include "privsep/descriptors.h"
#include "sandbox/worker.h"
#include "sync/warm_up.h"

namespace {

using namespace sallyport;
namespace fd = privsep::client_net_fd;

UniqueFd present(BorrowedFd number, const client::NetArguments& arguments, bool ipv6) {
  for (const client::ServerAddress& address : arguments.addresses) {
    if (address.ipv6 == ipv6) return UniqueFd(number.number());
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments =
      client::parse_net_arguments(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!arguments) {
    (void)std::fprintf(stderr, "probe: started by sallyport doctor only; bad argument where %s was due\n",
                       arguments.error().expected);
    return 2;
  }
  const privsep::Channel doctor{UniqueFd(fd::kGuard.number())};
  sandbox::Options options = sandbox::worker_options(fd::kGuard, arguments->sandbox);
  const auto begun = sandbox::begin(sandbox::client_net_policy(), options);
  if (!begun) {
    sandbox::tell_unconfined(doctor, begun.error());
    return sandbox::kExitUnconfined;
  }
  auto key = client::take_key(fd::kKey);
  if (!key) return static_cast<int>(key.error());
  const bool secret = crypto::protected_memory_report().protection == crypto::Protection::kSecret;
  options.key_memory = secret ? sandbox::KeyMemory::kSecret : sandbox::KeyMemory::kOrdinary;
  std::array<std::byte, 32> chaff_seed{};
  if (!sys::random_bytes(chaff_seed)) return static_cast<int>(client::KeyFailure::kUnreadable);
  const SystemClock clock;
  sync::use_each_library_once();
  net::ClientSockets sockets({present(fd::kIpv4, *arguments, false), present(fd::kIpv4Next, *arguments, false),
                              present(fd::kIpv6, *arguments, true), present(fd::kIpv6Next, *arguments, true)});
  client::ProbeSession session(doctor, std::move(sockets), std::move(*key), *arguments, chaff_seed, clock);
  const auto confined = sandbox::lock_down(sandbox::client_net_policy(), options, *begun);
  if (!confined) {
    sandbox::tell_unconfined(doctor, confined.error());
    return sandbox::kExitUnconfined;
  }
  session.run();
  // Without destructors: they would close descriptors, which the filter does not permit.
  ::_exit(0);
}
