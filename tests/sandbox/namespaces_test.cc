// The namespaces alone, in which the monitor starts a compartment: without a filter, Landlock or anything else they
// keep the host's processes, network, abstract sockets and shared memory away; without them the same program reaches
// all of these. That mounts and the host's name are separate, too, is seen from outside (tests/e2e/inventory.py).
#include <grp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "base/sys/process.h"
#include "privsep/spawn.h"
#include "tests/reachable_testing.h"
#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox {
namespace {

using privsep::Isolation;

const sallyport::testing::ReachableCopy kProbe(NAMESPACE_PROBE);
constexpr int kNotStarted = 200;

/// What the probe exits with that reaches for `what`.
int reach(const char* what, const std::string& value, Isolation isolation) {
  const auto executable = privsep::open_executable(kProbe.path());
  const std::vector<std::string> arguments = {"namespace_probe", what, value};
  const auto spawned = privsep::spawn({*executable, arguments, {}, isolation});
  if (!spawned) return kNotStarted;
  pollfd entry{spawned->pidfd.borrow().number(), POLLIN, 0};
  while (::poll(&entry, 1, 20'000) < 0) {
  }
  const auto status = sys::reap(spawned->pidfd);
  return status && !status->killed ? status->number : kNotStarted;
}

/// Things of the host: this process, a listener on the loopback interface, one on an abstract name, and shared memory.
struct Host {
  Host() {
    const UniqueFd* const both[] = {&tcp, &local};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(tcp.borrow().number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(tcp.borrow().number(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
    name = "sallyport-namespaces-" + std::to_string(::getpid());
    sockaddr_un unix_address{.sun_family = AF_UNIX, .sun_path = {}};
    std::memcpy(unix_address.sun_path + 1, name.data(), name.size());
    ::bind(local.borrow().number(), reinterpret_cast<const sockaddr*>(&unix_address),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
    for (const UniqueFd* listener : both) ::listen(listener->borrow().number(), 8);
    memory = ::shmget(key, 4096, IPC_CREAT | IPC_EXCL | 0600);
  }
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host() { ::shmctl(memory, IPC_RMID, nullptr); }
  UniqueFd tcp{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  UniqueFd local{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  int port = 0;
  std::string name;
  key_t key = 0x5A11'0000 + (::getpid() & 0xFFFF);
  int memory = -1;
};

/// All that differs from what must be, one line each.
std::string look() {
  const Host host;
  struct Thing {
    const char* what;
    std::string value;
    int refusal;
  };
  const Thing things[] = {{"process", std::to_string(::getpid()), ESRCH},
                          {"tcp", std::to_string(host.port), ENETUNREACH},
                          {"abstract", host.name, ECONNREFUSED},
                          {"memory", std::to_string(host.key), ENOENT}};
  std::string complaints;
  for (const Thing& thing : things) {
    const int inside = reach(thing.what, thing.value, Isolation::kNamespaces);
    const int outside = reach(thing.what, thing.value, Isolation::kNone);
    if (inside != thing.refusal)
      complaints += std::string(thing.what) + ": inside ended with " + std::to_string(inside) + "\n";
    if (outside != 0) complaints += std::string(thing.what) + ": outside ended with " + std::to_string(outside) + "\n";
  }
  return complaints;
}

class NamespacesAlone : public ::testing::TestWithParam<bool> {};

TEST_P(NamespacesAlone, KeepTheHostAway) {
  const pid_t child = ::fork();
  if (child == 0) {
    constexpr unsigned kId = testing::kUnusedId;
    if (GetParam() && testing::are_root() &&
        (::setgroups(0, nullptr) < 0 || ::setresgid(kId, kId, kId) < 0 || ::setresuid(kId, kId, kId) < 0)) {
      ::_exit(testing::kSetupFailed);
    }
    if (privsep::probe_namespaces().empty()) ::_exit(98);
    const std::string complaints = look();
    (void)!::write(2, complaints.data(), complaints.size());
    ::_exit(complaints.empty() ? 0 : 1);
  }
  const testing::Outcome outcome = testing::await(child);
  if (outcome == testing::exited(98)) GTEST_SKIP() << "skipped: this host permits no namespaces";
  EXPECT_EQ(outcome, testing::exited(0));
}

INSTANTIATE_TEST_SUITE_P(Layer, NamespacesAlone, ::testing::Bool(), [](const auto& instance) {
  return std::string(instance.param ? "OfAnOrdinaryUser" : "AsWeAre");
});

}  // namespace
}  // namespace sallyport::sandbox
