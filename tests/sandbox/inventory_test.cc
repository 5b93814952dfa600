#include "sandbox/inventory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <map>
#include <optional>
#include <string>

#include "privsep/descriptors.h"
#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox {
namespace {

UniqueFd socket_of(int domain, int type) { return UniqueFd(::socket(domain, type | SOCK_CLOEXEC, 0)); }
UniqueFd pipe_end(int which) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) < 0) return {};
  ::close(ends[1 - which]);
  return UniqueFd(ends[which]);
}

/// A descriptor, and the only kind that it is.
struct Sample {
  UniqueFd fd;
  std::optional<DescriptorKind> kind;
};

TEST(Inventory, TellsEveryKindFromEveryOther) {
  sigset_t none;
  sigemptyset(&none);
  std::map<std::string, Sample> all;
  all["null"] = Sample{UniqueFd(::open("/dev/null", O_RDWR | O_CLOEXEC)), DescriptorKind::kNull};
  all["zero"] = Sample{UniqueFd(::open("/dev/zero", O_RDWR | O_CLOEXEC)), {}};
  all["folder"] = Sample{UniqueFd(::open("/", O_RDONLY | O_CLOEXEC)), {}};
  all["file"] = Sample{UniqueFd(::memfd_create("file", MFD_CLOEXEC)), {}};
  all["seqpacket"] = Sample{socket_of(AF_UNIX, SOCK_SEQPACKET), DescriptorKind::kChannel};
  all["unix datagram"] = Sample{socket_of(AF_UNIX, SOCK_DGRAM), DescriptorKind::kUnixSocket};
  all["unix stream"] = Sample{socket_of(AF_UNIX, SOCK_STREAM), {}};
  all["udp"] = Sample{socket_of(AF_INET, SOCK_DGRAM), DescriptorKind::kUdp};
  all["udp6"] = Sample{socket_of(AF_INET6, SOCK_DGRAM), DescriptorKind::kUdp};
  all["tcp"] = Sample{socket_of(AF_INET, SOCK_STREAM), {}};
  all["netlink"] = Sample{socket_of(AF_NETLINK, SOCK_RAW), {}};
  all["pipe writer"] = Sample{pipe_end(1), DescriptorKind::kPipeWriter};
  all["pipe reader"] = Sample{pipe_end(0), {}};
  all["pty"] = Sample{UniqueFd(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)), DescriptorKind::kPty};
  ::grantpt(all["pty"].fd.borrow().number());
  ::unlockpt(all["pty"].fd.borrow().number());
  all["tty"] = Sample{UniqueFd(::open(::ptsname(all["pty"].fd.borrow().number()), O_RDWR | O_NOCTTY | O_CLOEXEC)), {}};
  all["signalfd"] = Sample{UniqueFd(::signalfd(-1, &none, SFD_CLOEXEC)), DescriptorKind::kSignals};
  all["eventfd"] = Sample{UniqueFd(::eventfd(0, EFD_CLOEXEC)), {}};
  all["epoll"] = Sample{UniqueFd(::epoll_create1(EPOLL_CLOEXEC)), {}};
  all["pidfd"] = Sample{UniqueFd(static_cast<int>(::syscall(SYS_pidfd_open, ::getpid(), 0))), DescriptorKind::kPid};
  all["process folder"] = Sample{UniqueFd(::open("/proc/self", O_RDONLY | O_CLOEXEC)), {}};
  const DescriptorKind kinds[] = {DescriptorKind::kNull,       DescriptorKind::kChannel, DescriptorKind::kUnixSocket,
                                  DescriptorKind::kUdp,        DescriptorKind::kPty,     DescriptorKind::kPipeWriter,
                                  DescriptorKind::kSignals,    DescriptorKind::kPid};
  for (const auto& [name, entry] : all) {
    ASSERT_TRUE(entry.fd.valid()) << name;
    for (const DescriptorKind kind : kinds) {
      // A channel would do for the log's relay; every other kind is itself alone.
      const bool expected =
          entry.kind == kind || (entry.kind == DescriptorKind::kChannel && kind == DescriptorKind::kUnixSocket);
      EXPECT_EQ(is_of_kind(entry.fd, kind), expected) << name << " as kind " << static_cast<int>(kind);
    }
    EXPECT_TRUE(is_of_kind(entry.fd, DescriptorKind::kAnnounce)) << name;
  }
  EXPECT_FALSE(is_of_kind(BorrowedFd(999), DescriptorKind::kAnnounce));
}

TEST(Inventory, WorksWithoutProcByClosingWhatLiesBeyond) {
  testing::Plan plan{.policy = &terminal_policy()};
  plan.before = [] {
    testing::deny(SCMP_SYS(openat), {}, ENOENT);  // no file can be opened any more: /proc is gone
    ::dup2(0, 800);
  };
  EXPECT_EQ(testing::run_confined(plan), testing::exited(0));
  plan.before = [] {
    testing::deny(SCMP_SYS(openat), {}, ENOENT);
    ::close(privsep::terminal_fd::kNet.number());
  };
  EXPECT_EQ(testing::run_confined(plan), testing::failed_by(Mechanism::kInventory));
}

TEST(Inventory, LetsTheAnnounceOutputBeAnythingUntilLockDownOnly) {
  testing::Rig rig(net_policy());
  testing::Plan plan{.policy = &net_policy()};
  plan.before = [] {
    const auto beginning = find_difference(net_policy(), InventoryStage::kBeginning);
    ::dup2(::memfd_create("announce", MFD_CLOEXEC), privsep::net_fd::kAnnounce.number());
    ::close(privsep::net_fd::kEnd);  // memfd_create took the next number
    const auto announced = find_difference(net_policy(), InventoryStage::kBeginning);
    const auto locked = find_difference(net_policy(), InventoryStage::kLockDown);
    const bool right = beginning && !*beginning && announced && !*announced && locked && *locked &&
                       (*locked)->number() == privsep::net_fd::kAnnounce.number();
    ::_exit(right ? 0 : 1);
  };
  EXPECT_EQ(rig.run(plan), testing::exited(0));
}

}  // namespace
}  // namespace sallyport::sandbox
