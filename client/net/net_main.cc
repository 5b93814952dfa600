// The client's net: takes the session's key, confines itself, then meets the network. Started by sallyport-client alone
// (architecture 9); arguments are those of client/common/compartment_arguments.h.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <span>

#include "base/sys/process.h"
#include "base/sys/random.h"
#include "client/net/key_text.h"
#include "client/net/net_session.h"
#include "crypto/protected_memory.h"
#include "privsep/descriptors.h"
#include "sandbox/worker.h"
#include "sync/warm_up.h"

namespace {

using namespace sallyport;
namespace fd = privsep::client_net_fd;

/// Sockets are there for the families that the server has an address of.
net::ClientSockets sockets_for(const client::NetArguments& arguments) {
  const auto serves = [&](bool ipv6) {
    return std::any_of(arguments.addresses.begin(), arguments.addresses.end(),
                       [ipv6](const client::ServerAddress& address) { return address.ipv6 == ipv6; });
  };
  const auto take = [](bool there, BorrowedFd number) { return there ? UniqueFd(number.number()) : UniqueFd(); };
  const bool ipv4 = serves(false);
  const bool ipv6 = serves(true);
  return net::ClientSockets({take(ipv4, fd::kIpv4), take(ipv4, fd::kIpv4Next), take(ipv6, fd::kIpv6), take(ipv6, fd::kIpv6Next)});
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = client::parse_net_arguments(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!arguments) {
    (void)std::fprintf(stderr, "client-net: started by sallyport-client only; bad argument where %s was due\n",
                       arguments.error().expected);
    return 2;
  }
  client::NetSession::Channels channels{privsep::Channel(UniqueFd(fd::kGuard.number())),
                                        privsep::Channel(UniqueFd(fd::kTty.number())),
                                        privsep::Channel(UniqueFd(fd::kScreen.number()))};
  sandbox::Options options = sandbox::worker_options(fd::kGuard, arguments->sandbox);
  const auto unconfined = [&](const privsep::Channel& guard, const sandbox::Failure& failure) {
    sandbox::tell_unconfined(guard, failure);
    return sandbox::kExitUnconfined;
  };
  // Not dumpable from here on: only now may there be a key.
  const auto begun = sandbox::begin(sandbox::client_net_policy(), options);
  if (!begun) return unconfined(channels.guard, begun.error());
  auto key = client::take_key(fd::kKey);
  if (!key) return static_cast<int>(key.error());
  const bool secret = crypto::protected_memory_report().protection == crypto::Protection::kSecret;
  options.key_memory = secret ? sandbox::KeyMemory::kSecret : sandbox::KeyMemory::kOrdinary;
  std::array<std::byte, 32> chaff_seed{};
  if (!sys::random_bytes(chaff_seed)) return static_cast<int>(client::KeyFailure::kUnreadable);
  // Keys leave within a fraction of a millisecond: the kernel's usual slack would be a good part of it.
  sys::set_timer_slack(1000);
  const SystemClock clock;
  sync::use_each_library_once();
  client::NetSession session(std::move(channels), sockets_for(*arguments), std::move(*key), *arguments, chaff_seed, clock);
  const auto confined = sandbox::lock_down(sandbox::client_net_policy(), options, *begun);
  if (!confined) return unconfined(session.guard(), confined.error());
  // From here on without destructors: they would close descriptors, which the filter does not permit.
  if (!session.start(*confined)) ::_exit(1);
  while (session.turn()) {
  }
  ::_exit(0);
}
