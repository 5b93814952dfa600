#include "privsep/spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

#include "base/check.h"
#include "base/sys/io.h"
#include "privsep/spawn_child.h"

// The raw call's argument order differs there.
#if defined(__s390__) || defined(__CRIS__) || defined(__microblaze__)
#error "spawn.cc: clone(2) has another argument order on this architecture"
#endif

namespace sallyport::privsep {
namespace {

/// linux/sched.h, since 5.2; glibc 2.36 has it, older headers may not.
constexpr unsigned long kClonePidfd = 0x1000;

unsigned long clone_flags(NamespaceSet set) {
  unsigned long flags = 0;
  if (set.has(NamespaceSet::kUser)) flags |= CLONE_NEWUSER;
  if (set.has(NamespaceSet::kNet)) flags |= CLONE_NEWNET;
  if (set.has(NamespaceSet::kMount)) flags |= CLONE_NEWNS;
  if (set.has(NamespaceSet::kIpc)) flags |= CLONE_NEWIPC;
  if (set.has(NamespaceSet::kUts)) flags |= CLONE_NEWUTS;
  if (set.has(NamespaceSet::kPid)) flags |= CLONE_NEWPID;
  return flags;
}

struct Child {
  UniqueFd pidfd;
  pid_t pid = 0;  ///< 0: this is the child
};

/// fork() into `set`. clone rather than clone3, which container filters answer with ENOSYS; nothing here needs the
/// latter.
Result<Child, SystemError> fork_into(NamespaceSet set) {
  int pidfd = -1;
  const long pid = ::syscall(SYS_clone, clone_flags(set) | kClonePidfd | SIGCHLD, nullptr, &pidfd, nullptr, nullptr);
  if (pid < 0) return std::unexpected(SystemError{"clone", errno});
  if (pid == 0) return Child{};
  Child child{UniqueFd(pidfd), static_cast<pid_t>(pid)};
  if (!child.pidfd.valid()) {  // a kernel before 5.2 ignores the flag
    ::kill(child.pid, SIGKILL);
    ::waitpid(child.pid, nullptr, 0);
    return std::unexpected(SystemError{"clone", ENOSYS});
  }
  return child;
}

bool refuses_namespaces(int error) {
  // EPERM: hardened kernel, container or AppArmor; EUSERS and ENOSPC: limits on nesting and number; EINVAL: not
  // compiled in; ENOSYS: a container's filter, once more.
  return error == EPERM || error == EUSERS || error == ENOSPC || error == EINVAL || error == ENOSYS;
}

void collect(BorrowedFd pidfd) {
  siginfo_t info{};
  while (::waitid(static_cast<idtype_t>(P_PIDFD), static_cast<id_t>(pidfd.number()), &info, WEXITED) < 0 &&
         errno == EINTR) {
  }
}

NamespaceSet wanted_namespaces() { return ::geteuid() == 0 ? NamespaceSet::for_root() : NamespaceSet::for_user(); }

Result<UniqueFd, SystemError> open_file(const char* path, int flags) {
  UniqueFd fd(::open(path, flags | O_CLOEXEC));
  if (!fd.valid()) return std::unexpected(SystemError{"open", errno});
  return fd;
}

}  // namespace

Result<void, SystemError> await_exec(Spawned& spawned) {
  const UniqueFd report = std::move(spawned.exec_report);
  std::array<std::byte, sizeof(ChildFailure)> bytes{};
  const std::size_t n = TRY(sys::read(report, bytes));
  if (n == 0) return {};
  const auto failure = ChildFailure::from(std::span(bytes).first(n));
  return std::unexpected(SystemError{child_step_name(failure.step), failure.number});
}

Result<Spawned, SystemError> spawn(const SpawnRequest& request) {
  Spawned spawned = TRY(begin_spawn(request));
  if (const auto entered = await_exec(spawned); !entered) {
    ::kill(spawned.pid, SIGKILL);  // it is ours and not collected, so the number cannot be anybody else's
    collect(spawned.pidfd);
    return std::unexpected(entered.error());
  }
  return spawned;
}

Result<Spawned, SystemError> begin_spawn(const SpawnRequest& request) {
  std::vector<char*> arguments;
  for (const std::string& argument : request.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  const UniqueFd null = TRY(open_file("/dev/null", O_RDWR));
  sys::Pipe report = TRY(sys::pipe());
  const ChildPlan plan{request.executable, arguments, request.descriptors, null, request.session, report.writer};

  NamespaceSet namespaces = request.isolation == Isolation::kNamespaces ? wanted_namespaces() : NamespaceSet();
  Result<Child, SystemError> child = fork_into(namespaces);
  if (!child && !namespaces.empty() && refuses_namespaces(child.error().number)) {
    namespaces = NamespaceSet();
    child = fork_into(namespaces);
  }
  if (!child) return std::unexpected(child.error());
  if (child->pid == 0) become(plan);

  return Spawned{std::move(child->pidfd), child->pid, namespaces, std::move(report.reader)};
}

Result<UniqueFd, SystemError> open_executable(const char* path) {
  UniqueFd fd = TRY(open_file(path, O_PATH));
  if (::faccessat(AT_FDCWD, path, X_OK, AT_EACCESS) < 0) return std::unexpected(SystemError{"open", errno});
  return fd;
}

NamespaceSet probe_namespaces() {
  const NamespaceSet wanted = wanted_namespaces();
  const Result<Child, SystemError> child = fork_into(wanted);
  if (!child) return {};
  if (child->pid == 0) ::_exit(0);
  collect(child->pidfd);
  return wanted;
}

}  // namespace sallyport::privsep
