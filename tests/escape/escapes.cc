#include "tests/escape/escapes.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <string>
#include <string_view>

namespace sallyport::escape {
namespace {

constexpr auto kYes = SecondWall::kYes;
constexpr auto kNo = SecondWall::kNo;
constexpr auto kDepends = SecondWall::kHost;
constexpr auto kWorks = Control::kWorks;
constexpr auto kRootOnly = Control::kRoot;
constexpr auto kHost = Control::kHost;
constexpr auto kNever = Control::kNever;

/// Room for a kernel structure of zeros.
std::array<unsigned char, 256> zeros() { return {}; }

long run_shell(int) {
  std::array<char*, 2> arguments{const_cast<char*>("sh"), nullptr};
  return ::syscall(SYS_execve, "/bin/sh", arguments.data(), nullptr);
}

long fork_once(int) {
  const long child = ::syscall(SYS_clone, SIGCHLD, nullptr, nullptr, nullptr, nullptr);
  if (child == 0) ::_exit(0);
  return child;
}

/// One byte of another process; `call` reads or writes it.
long touch_memory_of(int pid, long call) {
  static unsigned char byte = 0;
  const iovec here{&byte, 1};
  const iovec there{reinterpret_cast<void*>(kPreyPage), 1};
  return ::syscall(call, pid, &here, 1UL, &there, 1UL, 0UL);
}

/// "#!/bin/sh" in memory, executed from there.
long exec_from_memory(int) {
  const long fd = ::syscall(SYS_memfd_create, "x", 0);
  if (fd < 0) return fd;
  (void)!::write(static_cast<int>(fd), "#!/bin/sh\nexit 0\n", 17);
  std::array<char*, 2> arguments{const_cast<char*>("x"), nullptr};
  return ::syscall(SYS_execveat, fd, "", arguments.data(), nullptr, AT_EMPTY_PATH);
}

long clone_newly(int) {
  clone_args arguments{};
  arguments.exit_signal = SIGCHLD;
  const long child = ::syscall(SYS_clone3, &arguments, sizeof arguments);
  if (child == 0) ::_exit(0);
  return child;
}

/// Of the monitor: its standard input.
long take_descriptor_of(int monitor) {
  const long held = ::syscall(SYS_pidfd_open, monitor, 0);
  return held < 0 ? held : ::syscall(SYS_pidfd_getfd, held, 0, 0);
}

long signal_by_pidfd(int monitor) {
  const long held = ::syscall(SYS_pidfd_open, monitor, 0);
  return held < 0 ? held : ::syscall(SYS_pidfd_send_signal, held, 0, nullptr, 0);
}

long enter_namespace_of(int monitor) {
  const long held = ::syscall(SYS_pidfd_open, monitor, 0);
  return held < 0 ? held : ::syscall(SYS_setns, held, CLONE_NEWUTS);
}

long queue_signal(int monitor) {
  siginfo_t info{};
  info.si_code = SI_QUEUE;
  return ::syscall(SYS_rt_sigqueueinfo, monitor, SIGCONT, &info);
}

/// A stream socket connected to `name`; a leading zero byte makes it an abstract one.
long connect_unix(std::string_view name) {
  const long fd = ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return fd;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::copy(name.begin(), name.end(), address.sun_path);
  return ::syscall(SYS_connect, fd, &address,
                   offsetof(sockaddr_un, sun_path) + name.size() + (name[0] == '\0' ? 0 : 1));
}

long bind_abstract(int) {
  const long fd = ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);
  const sockaddr_un address{AF_UNIX, {}};
  return fd < 0 ? fd : ::syscall(SYS_bind, fd, &address, sizeof address.sun_family);  // the kernel picks a name
}

long make_bpf_map(int) {
  struct {
    std::uint32_t type, key_bytes, value_bytes, entries;
  } map{2, 4, 4, 1};
  return ::syscall(SYS_bpf, 0, &map, sizeof map);
}

long count_own_time(int) {
  perf_event_attr event{};
  event.type = PERF_TYPE_SOFTWARE;
  event.size = sizeof event;
  event.config = PERF_COUNT_SW_TASK_CLOCK;
  event.exclude_kernel = 1;
  return ::syscall(SYS_perf_event_open, &event, 0, -1, -1, 0);
}

long make_shared_memory(int) {
  const long id = ::syscall(SYS_shmget, 0, 4096, 0600 | 01000);
  if (id >= 0) ::syscall(SYS_shmctl, id, 0, nullptr);
  return id;
}

long make_message_queue(int) {
  const long id = ::syscall(SYS_msgget, 0, 0600 | 01000);
  if (id >= 0) ::syscall(SYS_msgctl, id, 0, nullptr);
  return id;
}

long make_semaphores(int) {
  const long id = ::syscall(SYS_semget, 0, 1, 0600 | 01000);
  if (id >= 0) ::syscall(SYS_semctl, id, 0, 0);
  return id;
}

long name_by_handle(int) {
  std::array<std::uint32_t, 40> handle{128};
  int mount = 0;
  return ::syscall(SYS_name_to_handle_at, AT_FDCWD, "/", handle.data(), &mount, 0);
}

long open_path(const char* path, int flags) { return ::syscall(SYS_openat, AT_FDCWD, path, flags, 0600); }

long make_page_executable(int) {
  const long size = 4096;
  void* page =
      ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return ::syscall(SYS_mprotect, page, size, PROT_READ | PROT_EXEC);
}

long all_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  for (auto& half : data) half = {~0U, ~0U, 0};
  return ::syscall(SYS_capset, &header, data.data());
}

constexpr Escape kEscapes[] = {
    {"exec a shell", kYes, kWorks, run_shell},
    {"make a file in memory", kYes, kWorks, [](int) { return ::syscall(SYS_memfd_create, "x", 0); }},
    {"exec a file from memory", kYes, kWorks, exec_from_memory},
    {"fork", kYes, kWorks, fork_once},
    {"read the password file", kYes, kWorks, [](int) { return open_path("/etc/passwd", O_RDONLY); }},
    {"write a file", kYes, kWorks, [](int) { return open_path("/tmp", O_TMPFILE | O_WRONLY); }},
    {"open the terminal", kYes, kHost, [](int) { return open_path("/dev/tty", O_RDWR); }},
    {"open its own memory", kYes, kWorks, [](int) { return open_path("/proc/self/mem", O_RDWR); }},
    {"open the monitor's memory", kYes, kHost,
     [](int monitor) { return open_path(("/proc/" + std::to_string(monitor) + "/mem").c_str(), O_RDONLY); }},
    {"open a pseudoterminal", kYes, kHost, [](int) { return open_path("/dev/ptmx", O_RDWR); }},
    {"trace the monitor", kYes, kHost, [](int monitor) { return ::syscall(SYS_ptrace, PTRACE_ATTACH, monitor, 0, 0); }},
    {"read the monitor's memory", kYes, kHost,
     [](int monitor) { return touch_memory_of(monitor, SYS_process_vm_readv); }},
    {"stop the monitor", kYes, kWorks, [](int monitor) { return ::syscall(SYS_kill, monitor, SIGSTOP); }},
    {"probe the monitor's pid", kYes, kWorks, [](int monitor) { return ::syscall(SYS_kill, monitor, 0); }},
    {"hold the monitor's pid", kYes, kWorks, [](int monitor) { return ::syscall(SYS_pidfd_open, monitor, 0); }},
    {"push a key into a terminal", kYes, kHost, [](int) { return ::syscall(SYS_ioctl, 3, TIOCSTI, "x"); }},
    {"make a UDP socket", kYes, kWorks, [](int) { return ::syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0); }},
    {"make a TCP socket", kYes, kWorks, [](int) { return ::syscall(SYS_socket, AF_INET6, SOCK_STREAM, 0); }},
    {"make a Unix socket", kYes, kWorks, [](int) { return ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }},
    {"make a netlink socket", kYes, kHost, [](int) { return ::syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }},
    {"make a socket pair", kYes, kWorks,
     [](int) {
       int pair[2];
       return ::syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
     }},
    {"make a pipe", kYes, kWorks,
     [](int) {
       int pair[2];
       return ::syscall(SYS_pipe2, pair, 0);
     }},
    {"duplicate a descriptor", kYes, kWorks, [](int) { return ::syscall(SYS_dup, 3); }},
    {"make an io_uring", kYes, kHost,
     [](int) {
       auto p = zeros();
       return ::syscall(SYS_io_uring_setup, 1, p.data());
     }},
    {"make an epoll", kYes, kWorks, [](int) { return ::syscall(SYS_epoll_create1, 0); }},
    {"make a userfaultfd", kYes, kHost, [](int) { return ::syscall(SYS_userfaultfd, 0); }},
    {"make a BPF map", kYes, kHost, make_bpf_map},
    {"open performance events", kYes, kHost, count_own_time},
    {"mount", kYes, kNever, [](int) { return ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr); }},
    {"change the root", kYes, kRootOnly, [](int) { return ::syscall(SYS_chroot, "/"); }},
    {"change the host name", kYes, kNever, [](int) { return ::syscall(SYS_sethostname, "x", 1); }},
    {"load a kernel module", kYes, kNever, [](int) { return ::syscall(SYS_finit_module, 3, "", 0); }},
    {"reboot", kYes, kNever, [](int) { return ::syscall(SYS_reboot, 0, 0, 0, 0); }},
    {"become root", kYes, kRootOnly, [](int) { return ::syscall(SYS_setresuid, 0, 0, 0); }},
    {"take all capabilities", kYes, kHost, [](int) { return all_capabilities(); }},
    {"map writable code", kYes, kWorks,
     [](int) {
       return ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                        0);
     }},
    {"make data executable", kYes, kWorks, make_page_executable},
    {"raise its limits", kYes, kWorks,
     [](int) {
       const std::array<unsigned long, 2> much{64, 64};
       return ::syscall(SYS_prlimit64, 0, 7, much.data(), nullptr);
     }},
    // As it is touched: a sanitizer's shadow, all of it at once, is more than any machine has.
    {"lock memory", kYes, kHost, [](int) { return ::syscall(SYS_mlockall, MCL_CURRENT | MCL_ONFAULT); }},
    {"become dumpable", kNo, kWorks, [](int) { return ::syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
    {"make a key ring", kNo, kHost, [](int) { return ::syscall(SYS_keyctl, 1, 0); }},
    {"make shared memory", kNo, kWorks, make_shared_memory},
    {"look at a file's owner", kNo, kWorks,
     [](int) {
       auto p = zeros();
       return ::syscall(SYS_newfstatat, AT_FDCWD, "/", p.data(), 0);
     }},
    {"fork by the newer call", kYes, kHost, clone_newly},
    {"make a user namespace", kDepends, kHost, [](int) { return ::syscall(SYS_unshare, CLONE_NEWUSER); }},
    {"make a mount namespace", kYes, kHost, [](int) { return ::syscall(SYS_unshare, CLONE_NEWNS); }},
    {"enter the monitor's namespace", kYes, kHost, enter_namespace_of},
    {"take a descriptor of the monitor", kYes, kHost, take_descriptor_of},
    {"write the monitor's memory", kYes, kHost,
     [](int monitor) { return touch_memory_of(monitor, SYS_process_vm_writev); }},
    {"signal the monitor by a pidfd", kYes, kWorks, signal_by_pidfd},
    {"queue a signal for the monitor", kYes, kWorks, queue_signal},
    {"signal everybody", kYes, kWorks, [](int) { return ::syscall(SYS_kill, -1, 0); }},
    {"signal its group", kNo, kWorks, [](int) { return ::syscall(SYS_kill, 0, 0); }},
    {"be traced", kNo, kWorks, [](int) { return ::syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
    {"connect to D-Bus", kYes, kHost, [](int) { return connect_unix("/run/dbus/system_bus_socket"); }},
    {"connect to X11", kYes, kHost, [](int) { return connect_unix(std::string_view("\0/tmp/.X11-unix/X0", 18)); }},
    {"listen under an abstract name", kYes, kWorks, bind_abstract},
    {"connect the socket for strangers", kDepends, kWorks,
     [](int) {
       sockaddr_in there{};
       there.sin_family = AF_INET;
       there.sin_port = htons(9);
       there.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
       return ::syscall(SYS_connect, 5, &there, sizeof there);
     }},
    {"shut a channel down", kNo, kWorks, [](int) { return ::syscall(SYS_shutdown, 4, SHUT_RDWR); }},
    {"ask for credentials on a channel", kNo, kWorks,
     [](int) {
       const int one = 1;
       return ::syscall(SYS_setsockopt, 4, SOL_SOCKET, SO_PASSCRED, &one, sizeof one);
     }},
    {"watch a folder", kYes, kWorks, [](int) { return ::syscall(SYS_inotify_init1, 0); }},
    {"watch all files", kYes, kHost, [](int) { return ::syscall(SYS_fanotify_init, 0x200, 0); }},
    {"name a file by its handle", kNo, kHost, name_by_handle},
    {"make a message queue", kNo, kWorks, make_message_queue},
    {"make semaphores", kNo, kWorks, make_semaphores},
    {"make an event descriptor", kYes, kWorks, [](int) { return ::syscall(SYS_eventfd2, 0, 0); }},
    {"make a timer descriptor", kYes, kWorks, [](int) { return ::syscall(SYS_timerfd_create, CLOCK_MONOTONIC, 0); }},
    {"prepare a file system", kYes, kRootOnly, [](int) { return ::syscall(SYS_fsopen, "tmpfs", 0); }},
    {"change its personality", kNo, kWorks, [](int) { return ::syscall(SYS_personality, 0xFFFFFFFFUL); }},
    {"compare itself with the monitor", kYes, kHost,
     [](int monitor) { return ::syscall(SYS_kcmp, ::getpid(), monitor, 0, 0, 0); }},
    {"read the kernel's log", kDepends, kHost, [](int) { return ::syscall(SYS_syslog, 10, nullptr, 0); }},
    {"ask what filters can do", kNo, kWorks,
     [](int) {
       std::uint32_t action = 0x7FFF0000;
       return ::syscall(SYS_seccomp, 2, 0, &action);
     }},
    {"set a timer", kNo, kWorks,
     [](int) {
       const std::array<long, 4> never{};
       return ::syscall(SYS_setitimer, 0, never.data(), nullptr);
     }},
    {"share memory", kNo, kWorks,
     [](int) { return ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }},
    {"outlive its parent", kNo, kWorks, [](int) { return ::syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0); }},
};

}  // namespace

std::span<const Escape> escapes() { return kEscapes; }

}  // namespace sallyport::escape
