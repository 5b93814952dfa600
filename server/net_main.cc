// The net compartment's program: makes the session's key, announces it, confines itself, then meets the network. Started by
// the monitor alone (architecture 1, 2); arguments are those of server/compartment_arguments.h.
#include <unistd.h>

#include <array>
#include <cstdio>
#include <span>

#include "base/sys/process.h"
#include "base/sys/random.h"
#include "crypto/protected_memory.h"
#include "privsep/descriptors.h"
#include "sandbox/worker.h"
#include "server/announce.h"
#include "server/compartment_arguments.h"
#include "server/net_session.h"
#include "sync/warm_up.h"

int main(int argc, char** argv) {
  using namespace sallyport;
  const auto arguments = server::parse_net_arguments(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!arguments) {
    (void)std::fprintf(stderr, "net: started by sallyport-server only; bad argument where %s was due\n", arguments.error().expected);
    return 2;
  }
  namespace fd = privsep::net_fd;
  privsep::Channel monitor{UniqueFd(fd::kMonitor.number())};
  privsep::Channel terminal{UniqueFd(fd::kTerminal.number())};
  net::UdpEndpoint sockets{UniqueFd(fd::kUdp.number()),
                           arguments->second_socket ? UniqueFd(fd::kUdpPeer.number()) : UniqueFd()};
  sandbox::Options options = sandbox::worker_options(fd::kMonitor, arguments->sandbox);
  const auto unconfined = [&](const sandbox::Failure& failure) {
    sandbox::tell_unconfined(monitor, failure);
    return sandbox::kExitUnconfined;
  };
  // Not dumpable from here on: only now may there be a key.
  const auto begun = sandbox::begin(sandbox::net_policy(), options);
  if (!begun) return unconfined(begun.error());
  auto key = server::make_session_key();
  if (!key) return server::kExitNoKey;
  const bool secret = crypto::protected_memory_report().protection == crypto::Protection::kSecret;
  options.key_memory = secret ? sandbox::KeyMemory::kSecret : sandbox::KeyMemory::kOrdinary;
  // Not left to the lock-down, which comes after the announcement.
  const bool full = options.requirement == sandbox::Requirement::kFull;
  if (full && !secret) return unconfined({sandbox::Mechanism::kKeyMemory, {}, -1});
  if (!server::await_announce(monitor)) return 1;
  if (!server::announce(fd::kAnnounce, arguments->port, *key)) return server::kExitNoAnnounce;
  std::array<std::byte, 32> chaff_seed{};
  if (!sys::random_bytes(chaff_seed)) return 1;
  // The settle time before a frame is a fraction of a millisecond: the kernel's usual slack would be a good part of it.
  sys::set_timer_slack(1000);
  const SystemClock clock;
  server::NetSession session(std::move(monitor), std::move(terminal), std::move(sockets), std::move(*key), *arguments,
                             chaff_seed, clock);
  // After the session's own memory, so that what it leaves free goes back to the system when the process is confined.
  sync::use_each_library_once();
  const auto confined = sandbox::lock_down(sandbox::net_policy(), options, *begun);
  if (!confined) {
    sandbox::tell_unconfined(session.monitor(), confined.error());
    return sandbox::kExitUnconfined;
  }
  // From here on without destructors: they would close descriptors, which the filter does not permit.
  if (!session.start(*confined)) ::_exit(1);
  while (session.turn()) {
  }
  ::_exit(0);
}
