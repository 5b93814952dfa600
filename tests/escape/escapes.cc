#include "tests/escape/escapes.h"

#include <fcntl.h>
#include <linux/capability.h>
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
#include <unistd.h>

#include <array>
#include <string>

namespace sallyport::escape {
namespace {

constexpr auto kYes = SecondWall::kYes;
constexpr auto kNo = SecondWall::kNo;

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

long read_memory_of(int pid) {
  static unsigned char byte = 0;
  const iovec here{&byte, 1};
  const iovec there{&byte, 1};
  return ::syscall(SYS_process_vm_readv, pid, &here, 1, &there, 1, 0);
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
    {"exec a shell", kYes, run_shell},
    {"exec from memory", kYes, [](int) { return ::syscall(SYS_memfd_create, "x", 0); }},
    {"fork", kYes, fork_once},
    {"read the password file", kYes, [](int) { return open_path("/etc/passwd", O_RDONLY); }},
    {"write a file", kYes, [](int) { return open_path("/tmp/sallyport-escape", O_CREAT | O_WRONLY); }},
    {"open the terminal", kYes, [](int) { return open_path("/dev/tty", O_RDWR); }},
    {"open its own memory", kYes, [](int) { return open_path("/proc/self/mem", O_RDWR); }},
    {"open the monitor's memory", kYes,
     [](int monitor) { return open_path(("/proc/" + std::to_string(monitor) + "/mem").c_str(), O_RDONLY); }},
    {"open a pseudoterminal", kYes, [](int) { return open_path("/dev/ptmx", O_RDWR); }},
    {"trace the monitor", kYes, [](int monitor) { return ::syscall(SYS_ptrace, PTRACE_ATTACH, monitor, 0, 0); }},
    {"read the monitor's memory", kYes, read_memory_of},
    {"stop the monitor", kYes, [](int monitor) { return ::syscall(SYS_kill, monitor, SIGSTOP); }},
    {"probe the monitor's pid", kYes, [](int monitor) { return ::syscall(SYS_kill, monitor, 0); }},
    {"hold the monitor's pid", kYes, [](int monitor) { return ::syscall(SYS_pidfd_open, monitor, 0); }},
    {"push a key into a terminal", kYes, [](int) { return ::syscall(SYS_ioctl, 3, TIOCSTI, "x"); }},
    {"make a UDP socket", kYes, [](int) { return ::syscall(SYS_socket, AF_INET, SOCK_DGRAM, 0); }},
    {"make a TCP socket", kYes, [](int) { return ::syscall(SYS_socket, AF_INET6, SOCK_STREAM, 0); }},
    {"make a Unix socket", kYes, [](int) { return ::syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }},
    {"make a netlink socket", kYes, [](int) { return ::syscall(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }},
    {"make a socket pair", kYes,
     [](int) {
       int pair[2];
       return ::syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, pair);
     }},
    {"make a pipe", kYes,
     [](int) {
       int pair[2];
       return ::syscall(SYS_pipe2, pair, 0);
     }},
    {"duplicate a descriptor", kYes, [](int) { return ::syscall(SYS_dup, 3); }},
    {"make an io_uring", kYes,
     [](int) {
       auto p = zeros();
       return ::syscall(SYS_io_uring_setup, 1, p.data());
     }},
    {"make an epoll", kYes, [](int) { return ::syscall(SYS_epoll_create1, 0); }},
    {"make a userfaultfd", kYes, [](int) { return ::syscall(SYS_userfaultfd, 0); }},
    {"load a BPF program", kYes,
     [](int) {
       auto p = zeros();
       return ::syscall(SYS_bpf, 5, p.data(), 48);
     }},
    {"open performance events", kYes,
     [](int) {
       auto p = zeros();
       return ::syscall(SYS_perf_event_open, p.data(), 0, -1, -1, 0);
     }},
    {"mount", kYes, [](int) { return ::syscall(SYS_mount, "none", "/tmp", "tmpfs", 0, nullptr); }},
    {"change the root", kYes, [](int) { return ::syscall(SYS_chroot, "/"); }},
    {"change the host name", kYes, [](int) { return ::syscall(SYS_sethostname, "x", 1); }},
    {"load a kernel module", kYes, [](int) { return ::syscall(SYS_finit_module, 3, "", 0); }},
    {"reboot", kYes, [](int) { return ::syscall(SYS_reboot, 0, 0, 0, 0); }},
    {"become root", kYes, [](int) { return ::syscall(SYS_setresuid, 0, 0, 0); }},
    {"take all capabilities", kYes, [](int) { return all_capabilities(); }},
    {"map writable code", kYes,
     [](int) {
       return ::syscall(SYS_mmap, nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                        0);
     }},
    {"make data executable", kYes, make_page_executable},
    {"raise its limits", kYes,
     [](int) {
       const std::array<unsigned long, 2> much{64, 64};
       return ::syscall(SYS_prlimit64, 0, 7, much.data(), nullptr);
     }},
    {"lock memory", kYes, [](int) { return ::syscall(SYS_mlockall, 3); }},
    {"become dumpable", kNo, [](int) { return ::syscall(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
    {"make a key ring", kNo, [](int) { return ::syscall(SYS_keyctl, 1, 0); }},
    {"make shared memory", kNo, [](int) { return ::syscall(SYS_shmget, 0, 4096, 0600 | 01000); }},
    {"look at a file's owner", kNo,
     [](int) {
       auto p = zeros();
       return ::syscall(SYS_newfstatat, AT_FDCWD, "/", p.data(), 0);
     }},
    {"outlive its parent", kNo, [](int) { return ::syscall(SYS_prctl, PR_SET_PDEATHSIG, 0, 0, 0, 0); }},
};

}  // namespace

std::span<const Escape> escapes() { return kEscapes; }

}  // namespace sallyport::escape
