// Stands in for net in the tests of the server's start: no key, no protocol. It announces the session with a key that is
// plainly none, takes the first datagram for the first contact, and writes down its arguments and descriptors for the test.
// A file FAIL_HOW beside it makes it fail: "unconfined", "exit", "silent".
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <span>
#include <string>

#include "base/bytes.h"
#include "privsep/channel.h"
#include "privsep/descriptors.h"
#include "privsep/net_monitor.h"
#include "sandbox/apply.h"
#include "sandbox/worker.h"
#include "server/compartment_arguments.h"
#include "tests/server/stand_ins/own_folder.h"

using namespace sallyport;

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  namespace fd = privsep::net_fd;
  const std::string folder = testing::own_folder();
  const auto arguments = server::parse_net_arguments(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!arguments) return 2;
  const privsep::Channel monitor{UniqueFd(fd::kMonitor.number())};
  const std::string failure = testing::first_line(folder + "/FAIL_HOW");
  if (failure == "exit") return 3;
  if (failure == "unconfined") {
    sandbox::tell_unconfined(monitor, {sandbox::Mechanism::kSeccomp, {"", 22}, -1});
    return sandbox::kExitUnconfined;
  }
  std::array<std::byte, 16384> buffer;
  pollfd wait{fd::kMonitor.number(), POLLIN, 0};
  (void)::poll(&wait, 1, -1);
  if (!monitor.receive(buffer)) return 4;
  const std::string line = "MOSH CONNECT " + std::to_string(arguments->port) + " StandInKeyStandInKey00\n";
  (void)!::write(1, line.data(), line.size());
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 1);
  ::close(null);
  if (failure == "after") return 5;
  testing::write_lines(folder + "/net_saw", testing::open_descriptors(), argc, argv);
  (void)monitor.send_message(privsep::Ready{}, buffer);
  std::array<pollfd, 3> all{pollfd{fd::kUdp.number(), POLLIN, 0},
                            pollfd{arguments->second_socket ? fd::kUdpPeer.number() : -1, POLLIN, 0},
                            pollfd{fd::kMonitor.number(), POLLIN, 0}};
  (void)::poll(all.data(), all.size(), -1);
  if (all[2].revents != 0) return 0;  // the session ends before anybody came
  (void)monitor.send_message(privsep::FirstContact{}, buffer);
  (void)monitor.send_message(privsep::NetResize{StateNumber(1), {100, 30}}, buffer);
  for (;;) {
    wait = {fd::kMonitor.number(), POLLIN, 0};
    (void)::poll(&wait, 1, -1);
    const auto record = monitor.receive(buffer);
    if (!record) return 0;
    const auto message = privsep::decode<privsep::MonitorToNet>(*record);
    if (message && std::holds_alternative<privsep::Consumed>(*message)) continue;
    (void)monitor.send_message(privsep::Goodbye{privsep::Goodbye::Reason::kAcknowledged}, buffer);
    return 0;
  }
}
