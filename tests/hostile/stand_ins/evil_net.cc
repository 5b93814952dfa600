// Takes net's place in a live session and is evil if the plan says so. What it was permitted to type it notes first, in
// the file `allowed` beside it.
#include <fcntl.h>
#include <sys/prctl.h>

#include "base/bytes.h"
#include "privsep/descriptors.h"
#include "server/compartment_arguments.h"
#include "tests/hostile/records.h"
#include "tests/hostile/stand_ins/evil.h"

using namespace sallyport;
using namespace sallyport::hostile;

namespace {

constexpr int kMostMessages = 3000;
constexpr std::size_t kMostInput = 40'000;  // never beyond the credit, whatever the monitor has given back

/// The program has its terminal to itself: only then is what it reads what was typed.
void await_program(const EvilPlan& plan) {
  for (int i = 0; i < 1000 && ::access((plan.folder + "/raw").c_str(), F_OK) != 0; ++i) ::usleep(10'000);
}

[[noreturn]] void be_evil(const EvilPlan& plan, const privsep::Channel& monitor, Permitted& session) {
  EvilMessages evil(plan.seed);
  std::ofstream allowed(plan.folder + "/allowed", std::ios::binary);
  std::array<std::byte, 65536> buffer;
  for (int i = 0; i < kMostMessages; ++i) {
    const EvilRecord record = evil.from_net(session);
    if (record.bytes.size() + session.to_program().size() > kMostInput) continue;
    const std::size_t before = session.to_program().size();
    const Verdict verdict = session.net(record.bytes, record.descriptor);
    allowed << session.to_program().substr(before) << std::flush;
    if (!send_patiently(monitor.fd(), record)) break;
    if (verdict != Verdict::kAccepted) {
      for (int more = 0; more < 3; ++more) (void)send_raw(monitor.fd(), input(UINT64_MAX, 1, "never permitted"), false);
      go_on_somehow(plan.seed);
    }
    while (monitor.receive(buffer)) {
    }
  }
  (void)send_patiently(monitor.fd(), {"\x88\x01", false});
  go_on_somehow(plan.seed);
}

}  // namespace

int main(int argc, char** argv) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const EvilPlan plan;
  const auto arguments =
      server::parse_net_arguments(std::span<const char* const>(argv, static_cast<std::size_t>(argc)).subspan(1));
  if (!arguments) return 2;
  const privsep::Channel monitor{UniqueFd(privsep::net_fd::kMonitor.number())};
  pollfd wait{monitor.fd().number(), POLLIN, 0};
  (void)::poll(&wait, 1, -1);
  std::array<std::byte, 64> buffer;
  if (!monitor.receive(buffer)) return 4;
  const std::string line = "MOSH CONNECT " + std::to_string(arguments->port) + " StandInKeyStandInKey00\n";
  (void)!::write(1, line.data(), line.size());
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  ::dup2(null, 1);
  ::close(null);
  (void)send_raw(monitor.fd(), "\x81", false);
  Permitted session;
  for (const std::string& record : {"\x82" + address(), resize(1, 100, 30)}) {
    (void)session.net(record, false);
    if (!send_patiently(monitor.fd(), {record, false})) return 5;
  }
  if (plan.who != "net") only_listen(monitor);
  await_program(plan);
  be_evil(plan, monitor, session);
}
