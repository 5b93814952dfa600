// Each layer of the confinement alone: with all others left out, the filter first, it stops what it is there for; and
// with itself left out as well the same attempt succeeds, so that it was this layer that stopped it.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>

#include "base/sys/io.h"
#include "sandbox/testing_only/leave_out.h"
#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox {
namespace {

using testing::exited;
using testing::Outcome;
using testing::Plan;
using testing::Rig;
using testing::Starter;

constexpr std::uint32_t kAllBits = (1U << kMechanisms) - 1;

/// What must be there for the layer to be there at all: the kernel takes Landlock's rules from an ordinary user only
/// with no_new_privs.
std::uint32_t foundation_of(Mechanism layer) {
  return layer == Mechanism::kLandlock ? 1U << static_cast<unsigned>(Mechanism::kNoNewPrivs) : 0;
}
testing_only::LeaveOut all_but(Mechanism layer) {
  return testing_only::LeaveOut(MechanismSet(kAllBits & ~(1U << static_cast<unsigned>(layer)) & ~foundation_of(layer)));
}
/// The same without the layer itself.
testing_only::LeaveOut even(Mechanism layer) {
  return testing_only::LeaveOut(MechanismSet(kAllBits & ~foundation_of(layer)));
}

/// 0, or the errno of a call that failed.
int outcome_of(long result) { return result < 0 ? errno : 0; }

/// A folder that everybody may use, with a file of root's alone where we are root; gone afterwards.
class Folder {
 public:
  Folder() {
    std::string name = "/tmp/sallyport-layers-XXXXXX";
    path_ = ::mkdtemp(name.data());
    ::chmod(path_.c_str(), 01777);
    std::ofstream(path_ + "/private") << "secret\n";
    ::chmod((path_ + "/private").c_str(), 0600);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  [[nodiscard]] std::string operator/(const char* name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// A socket that listens on the loopback interface and one on an abstract name.
struct Listeners {
  Listeners() {
    ::bind(tcp.borrow().number(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    socklen_t size = sizeof address;
    ::getsockname(tcp.borrow().number(), reinterpret_cast<sockaddr*>(&address), &size);
    ::listen(tcp.borrow().number(), 8);
    const std::string text = "sallyport-layers-" + std::to_string(::getpid());
    std::memcpy(name.sun_path + 1, text.data(), text.size());
    name_size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + text.size());
    ::bind(local.borrow().number(), reinterpret_cast<const sockaddr*>(&name), name_size);
    ::listen(local.borrow().number(), 8);
  }
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
  socklen_t name_size = 0;
  UniqueFd tcp{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  UniqueFd local{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

/// Another process of the same user, which any of them may look into; it ends when its parent does.
pid_t sibling() {
  const pid_t parent = ::getpid();
  ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // a change of user has switched it off
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
    while (::getppid() == parent) ::usleep(20'000);
    ::_exit(0);
  }
  return child;
}

long read_memory_of(pid_t process) {
  static unsigned char byte = 0;
  const iovec here{&byte, 1};
  return ::syscall(SYS_process_vm_readv, process, &here, 1UL, &here, 1UL, 0UL);
}

class Layer : public ::testing::Test {
 protected:
  /// `attempt` (0, or an errno) is made by a process under `layer` alone, where it must fail with `error`, and by one
  /// under none.
  void expect_stopped(Mechanism layer, int error, const std::function<int()>& attempt) {
    plan_.body = [&](const Report&) { return attempt(); };
    const auto alone = all_but(layer);
    plan_.options.leave_out = &alone;
    EXPECT_EQ(testing::run_confined(plan_), exited(error)) << mechanism_name(layer) << " alone";
    const auto none = even(layer);
    plan_.options.leave_out = &none;
    EXPECT_EQ(testing::run_confined(plan_), exited(0)) << "without " << mechanism_name(layer);
  }
  static bool has_landlock(std::uint8_t abi) {
    const auto host = probe_host();
    return host && host->landlock_abi >= abi;
  }

  Plan plan_{.policy = &terminal_policy(), .starter = Starter::kOrdinaryUser};
  Folder folder_;
  Listeners listeners_;
  pid_t sibling_ = -1;
};

#define NEEDS_ROOT(why) \
  if (!testing::are_root()) GTEST_SKIP() << "skipped: needs root: " << (why)
#define NEEDS_LANDLOCK(abi) \
  if (!has_landlock(abi)) GTEST_SKIP() << "skipped: this kernel's Landlock has no ABI " << (abi)

TEST_F(Layer, LandlockAloneStopsReadingWritingAndRunningFiles) {
  NEEDS_LANDLOCK(1);
  expect_stopped(Mechanism::kLandlock, EACCES, [] { return outcome_of(::open("/etc/passwd", O_RDONLY)); });
  expect_stopped(Mechanism::kLandlock, EACCES, [] { return outcome_of(::open("/", O_RDONLY | O_DIRECTORY)); });
  expect_stopped(Mechanism::kLandlock, EACCES,
                 [&] { return outcome_of(::open((folder_ / "new").c_str(), O_CREAT | O_WRONLY, 0600)); });
  expect_stopped(Mechanism::kLandlock, EACCES, [&] { return outcome_of(::mkdir((folder_ / "more").c_str(), 0700)); });
  expect_stopped(Mechanism::kLandlock, EACCES, [] { return outcome_of(::execl("/bin/true", "true", nullptr)); });
}

TEST_F(Layer, LandlockAloneStopsTcp) {
  NEEDS_LANDLOCK(4);
  const auto* const address = reinterpret_cast<const sockaddr*>(&listeners_.address);
  expect_stopped(Mechanism::kLandlock, EACCES, [&] {
    return outcome_of(::connect(::socket(AF_INET, SOCK_STREAM, 0), address, sizeof listeners_.address));
  });
  sockaddr_in any_port = listeners_.address;
  any_port.sin_port = 0;
  expect_stopped(Mechanism::kLandlock, EACCES, [&] {
    return outcome_of(
        ::bind(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&any_port), sizeof any_port));
  });
}

TEST_F(Layer, LandlockAloneStopsAbstractSockets) {
  NEEDS_LANDLOCK(6);
  expect_stopped(Mechanism::kLandlock, EPERM, [&] {
    return outcome_of(::connect(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&listeners_.name),
                                listeners_.name_size));
  });
}

TEST_F(Layer, LandlockAloneStopsSignalsToOthers) {
  NEEDS_LANDLOCK(6);
  plan_.before = [&] { sibling_ = sibling(); };
  expect_stopped(Mechanism::kLandlock, EPERM, [&] { return outcome_of(::kill(sibling_, SIGKILL)); });
}

TEST_F(Layer, LandlockAloneStopsReadingTheMemoryOfOthers) {
  NEEDS_LANDLOCK(1);
  plan_.before = [&] { sibling_ = sibling(); };
  expect_stopped(Mechanism::kLandlock, EPERM, [&] { return outcome_of(read_memory_of(sibling_)); });
}

TEST_F(Layer, LimitsAloneStopForksFilesDescriptorsAndMemory) {
#ifdef SALLYPORT_SANITIZED
  GTEST_SKIP() << "skipped: with sanitizers there is no limit on the address space";
#endif
  expect_stopped(Mechanism::kLimits, EAGAIN, [] {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(0);
    return outcome_of(child);
  });
  expect_stopped(Mechanism::kLimits, EMFILE, [] { return outcome_of(::dup(0)); });
  expect_stopped(Mechanism::kLimits, EPERM, [] {
    static const std::array<char, 4096> kPage{};
    return outcome_of(::mlock(kPage.data(), kPage.size()));
  });
  expect_stopped(Mechanism::kLimits, ENOMEM, [] {
    return ::mmap(nullptr, std::size_t{2} << 30U, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? errno
                                                                                                               : 0;
  });
  expect_stopped(Mechanism::kLimits, EPERM, [] {
    const rlimit more{64, 64};
    return outcome_of(::setrlimit(RLIMIT_NOFILE, &more));
  });
  int file = -1;
  plan_.between = [&] {
    file = ::memfd_create("file", 0);
    ::signal(SIGXFSZ, SIG_IGN);
  };
  expect_stopped(Mechanism::kLimits, EFBIG, [&] { return outcome_of(::write(file, "x", 1)); });
}

TEST_F(Layer, MemoryDenyWriteExecuteAloneStopsNewCode) {
  const auto host = probe_host();
  if (!host || !host->active.has(Mechanism::kWriteExecute)) GTEST_SKIP() << "skipped: this kernel lacks it";
  expect_stopped(Mechanism::kWriteExecute, EACCES, [] {
    return ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
               ? errno
               : 0;
  });
  expect_stopped(Mechanism::kWriteExecute, EACCES, [] {
    void* const page = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return outcome_of(::mprotect(page, 4096, PROT_READ | PROT_EXEC));
  });
}

TEST_F(Layer, NotBeingDumpableAloneStopsTheSameUserFromReadingItsMemory) {
  plan_.before = [] {
    ::prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
  };
  /// What a child of the confined process finds when it reaches for its parent.
  const auto by_child = [](const std::function<long(pid_t)>& reach) {
    const pid_t victim = ::getpid();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(outcome_of(reach(victim)));
    return testing::await(child).number;
  };
  expect_stopped(Mechanism::kNonDumpable, EPERM, [&] { return by_child(read_memory_of); });
  expect_stopped(Mechanism::kNonDumpable, EACCES, [&] {
    return by_child(
        [](pid_t victim) { return ::open(("/proc/" + std::to_string(victim) + "/mem").c_str(), O_RDONLY); });
  });
}

TEST_F(Layer, TheIdentityAloneKeepsRootsFilesFromACompartmentOfRoot) {
  NEEDS_ROOT("gives up root's identity");
  plan_.starter = Starter::kAsWeAre;
  expect_stopped(Mechanism::kIdentity, EACCES,
                 [&] { return outcome_of(::open((folder_ / "private").c_str(), O_RDONLY)); });
  const pid_t test = ::getpid();
  expect_stopped(Mechanism::kIdentity, EPERM, [&] { return outcome_of(::kill(test, 0)); });
}

TEST_F(Layer, LackOfCapabilitiesAloneStopsAMonitorOfRoot) {
  NEEDS_ROOT("drops root's capabilities");
  plan_ = {.policy = &monitor_policy()};
  expect_stopped(Mechanism::kCapabilities, EPERM, [] { return outcome_of(::chroot("/")); });
  expect_stopped(Mechanism::kCapabilities, EPERM, [] {
    return outcome_of(::setresuid(testing::kUnusedId, testing::kUnusedId, testing::kUnusedId));
  });
}

TEST_F(Layer, AnEmptyBoundingSetAloneLeavesNothingToAProgramOfRoot) {
  NEEDS_ROOT("empties root's bounding set");
  plan_ = {.policy = &monitor_policy()};
  expect_stopped(Mechanism::kBoundingSet, 1, [] {
    ::execl("/bin/sh", "sh", "-c", "! grep -q '^CapEff:[[:space:]]*0*$' /proc/self/status", nullptr);
    return 98;
  });
}

TEST_F(Layer, NoNewPrivsAloneStopsSetuidPrograms) {
  NEEDS_ROOT("makes a setuid program");
  struct statvfs mount {};
  if (::statvfs((folder_ / "private").c_str(), &mount) < 0 || (mount.f_flag & ST_NOSUID) != 0) {
    GTEST_SKIP() << "skipped: /tmp is mounted nosuid";
  }
  const std::string program = folder_ / "touch", file = folder_ / "private";
  std::filesystem::copy_file("/bin/touch", program);
  ASSERT_EQ(::chmod(program.c_str(), 04755), 0);
  expect_stopped(Mechanism::kNoNewPrivs, 1, [&] {  // touch's status when the file is not its own
    ::execl(program.c_str(), "touch", file.c_str(), nullptr);
    return 98;
  });
}

TEST_F(Layer, TheInventoryAloneStopsALeakedDescriptor) {
  plan_.before = [] { ::dup2(0, 50); };
  const auto alone = all_but(Mechanism::kInventory);
  plan_.options.leave_out = &alone;
  EXPECT_EQ(testing::run_confined(plan_), testing::failed_by(Mechanism::kInventory));
  const auto none = even(Mechanism::kInventory);
  plan_.options.leave_out = &none;
  EXPECT_EQ(testing::run_confined(plan_), exited(0));
}

/// Whether a compartment is gone within `limit` after its monitor was killed.
bool dies_with_monitor(const testing_only::LeaveOut& leave_out, Duration limit) {
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);  // an orphan becomes this process's child
  const Rig rig(terminal_policy());
  const pid_t monitor = ::fork();
  if (monitor == 0) {
    Plan plan{.policy = &terminal_policy(), .options = {.leave_out = &leave_out}};
    plan.body = [](const Report&) {
      const pid_t self = ::getpid();
      (void)sys::send_record(BorrowedFd(3), std::as_bytes(std::span(&self, 1)));
      (void)sys::ppoll({}, std::chrono::seconds(60));
      return 0;
    };
    (void)rig.run(plan);
    ::_exit(0);
  }
  pollfd entry{rig.other_end(BorrowedFd(3)).number(), POLLIN, 0};
  EXPECT_EQ(sys::ppoll(std::span(&entry, 1), std::chrono::seconds(20)).value_or(0), 1U);
  pid_t compartment = -1;
  EXPECT_EQ(::recv(entry.fd, &compartment, sizeof compartment, MSG_DONTWAIT), ssize_t{sizeof compartment});
  ::kill(monitor, SIGKILL);
  (void)testing::await(monitor);
  bool gone = false;
  for (Duration waited{}; !gone && waited < limit; waited += std::chrono::milliseconds(20)) {
    (void)sys::ppoll({}, std::chrono::milliseconds(20));
    gone = ::waitpid(compartment, nullptr, WNOHANG) == compartment;
  }
  if (!gone && compartment > 1) {
    ::kill(compartment, SIGKILL);
    (void)testing::await(compartment);
  }
  ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0);
  return gone;
}

TEST_F(Layer, TheParentDeathSignalAloneEndsACompartmentWithItsMonitor) {
  EXPECT_TRUE(dies_with_monitor(all_but(Mechanism::kParentDeath), std::chrono::seconds(10)));
  EXPECT_FALSE(dies_with_monitor(even(Mechanism::kParentDeath), std::chrono::milliseconds(300)));
}

}  // namespace
}  // namespace sallyport::sandbox
