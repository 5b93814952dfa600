// What a datagram costs that no server should take.
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/sys/io.h"
#include "bench/flood.h"
#include "bench/measurements.h"
#include "bench/session.h"
#include "bench/wire_client.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;

/// Few enough that no server loses any, so that all are paid for.
constexpr double kPerSecond = 15000;
constexpr std::size_t kBurst = 14;
/// For a server that records nothing to damage: as long as a typed key's.
const std::vector<Datagram> kNothingRecorded(1, Datagram(80, std::byte{1}));

/// From a process of its own, whose time is not the server's; how many were sent.
std::uint64_t flood(const Flood& flood, std::span<const Datagram> genuine, Client& client, Duration length) {
  auto pipe = sys::pipe();
  if (!pipe) std::exit(1);
  const pid_t child = ::fork();
  if (child == 0) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const std::uint64_t count = run_flood(flood, genuine, client.now() + length).value_or(0);
    (void)sys::write(pipe->writer.borrow(), std::as_bytes(std::span(&count, 1)));
    ::_exit(0);
  }
  pipe->writer.reset();
  client.rest(length + milliseconds(100));
  std::uint64_t count = 0;
  (void)sys::read(pipe->reader.borrow(), std::as_writable_bytes(std::span(&count, 1)));
  ::waitpid(child, nullptr, 0);
  return count;
}

}  // namespace

void measure_forged(const std::string& server, Length length, Results& results) {
  Session session(server, echoing_script());
  if (!session.begin(milliseconds(500))) return results.wrong("no session");
  Client& client = session.client();
  std::string printed(kGreeting);
  for (const char* key : {"a", "b", "c", "d"}) {
    client.type(key);
    printed += key;
    if (!client.wait_for(key, client.now() + std::chrono::seconds(2))) return results.wrong("a key was lost");
    client.rest(milliseconds(50));
  }
  const Cost before = session.cost();
  const std::uint64_t sent =
      flood({.kind = FloodKind::kBadTag, .per_second = kPerSecond, .burst = kBurst, .server_port = session.port()},
            session.wire() != nullptr ? std::span(session.wire()->recorded()) : std::span(kNothingRecorded), client,
            milliseconds(amount(length, 200, 2000, 3000)));
  const Cost after = session.cost();
  if (sent == 0) return results.wrong("nothing was sent");
  results.add("forged_cpu_us", (after.cpu_s - before.cpu_s) * 1e6 / static_cast<double>(sent));
  client.type("z");
  printed += "z";
  if (!client.wait_for("z", client.now() + std::chrono::seconds(2))) results.wrong("no echo afterwards");
  if (const std::string what = session.difference(printed); !what.empty()) results.wrong(what);
  client.leave();
}

}  // namespace sallyport::bench
