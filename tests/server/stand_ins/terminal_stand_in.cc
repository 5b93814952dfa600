// Stands in for terminal in the tests of the server's start: appends what programs print to a file beside it.
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <string>

#include "base/bytes.h"
#include "privsep/channel.h"
#include "privsep/descriptors.h"
#include "privsep/terminal_monitor.h"
#include "sandbox/worker.h"
#include "server/compartment_arguments.h"
#include "tests/server/stand_ins/own_folder.h"

using namespace sallyport;

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  namespace fd = privsep::terminal_fd;
  const std::string folder = testing::own_folder();
  if (!server::parse_terminal_arguments(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1))) return 2;
  testing::write_lines(folder + "/terminal_saw", testing::open_descriptors(), argc, argv);
  const privsep::Channel monitor{UniqueFd(fd::kMonitor.number())};
  if (testing::first_line(folder + "/FAIL_HOW") == "terminal") return sandbox::kExitUnconfined;
  if (!sandbox::tell_confined(monitor, sandbox::Report())) return 1;
  std::FILE* screen = std::fopen((folder + "/screen").c_str(), "w");
  std::array<std::byte, 65536> buffer;
  for (;;) {
    pollfd wait{fd::kMonitor.number(), POLLIN, 0};
    (void)::poll(&wait, 1, -1);
    const auto record = monitor.receive(buffer);
    if (!record) return 0;
    const auto message = privsep::decode<privsep::MonitorToTerminal>(*record);
    const auto* output = message ? std::get_if<privsep::HostOutput>(&*message) : nullptr;
    if (output == nullptr) continue;
    std::fwrite(output->bytes.data(), 1, output->bytes.size(), screen);
    std::fflush(screen);
  }
}
