#include "tests/sandbox/reference_testing.h"

#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <initializer_list>

namespace sallyport::sandbox::testing {
namespace {

using Arguments = std::array<std::uint64_t, 6>;

std::uint32_t low(std::uint64_t value) { return static_cast<std::uint32_t>(value); }
bool one_of(std::uint64_t value, std::initializer_list<std::uint32_t> list) {
  return std::ranges::count(list, low(value)) == 1;
}
bool no_bit_but(std::uint64_t value, std::uint32_t bits) { return (low(value) | bits) == bits; }

constexpr std::uint32_t kDontWait = 0x40, kTruncate = 0x20, kNoSignal = 0x4000, kCloseOnExec = 0x40000000;

bool receives(const Arguments& a, std::initializer_list<std::uint32_t> from) {
  return one_of(a[0], from) && no_bit_but(a[2], kDontWait | kTruncate | kCloseOnExec);
}
bool sends(const Arguments& a, std::initializer_list<std::uint32_t> to) {
  return one_of(a[0], to) && no_bit_but(a[2], kDontWait | kNoSignal);
}
/// At most so many descriptors, no signal mask.
bool waits(const Arguments& a, std::uint64_t most) { return a[1] <= most && a[3] == 0; }
bool asks_monotonic_time(const Arguments& a) { return low(a[0]) == 1; }
/// Private, anonymous, readable and writable, wherever the kernel likes.
bool maps_plain_memory(const Arguments& a) {
  return a[0] == 0 && low(a[2]) == 0x3 && low(a[3]) == 0x22 && low(a[4]) == 0xFFFFFFFF && a[5] == 0;
}

/// 3 monitor, 4 terminal, 5 and 6 UDP.
bool net(std::uint32_t number, const Arguments& a) {
  switch (number) {
    case SYS_recvmsg: return receives(a, {3, 4, 5, 6});
    case SYS_sendmsg: return sends(a, {3, 4, 5, 6});
    case SYS_ppoll: return waits(a, 4);
    case SYS_connect: return low(a[0]) == 6 && a[2] <= 28;
    case SYS_clock_gettime: return asks_monotonic_time(a);
    case SYS_mmap: return maps_plain_memory(a);
    case SYS_brk: case SYS_exit_group: return true;
    default: return false;
  }
}

/// 3 monitor, 4 net.
bool terminal(std::uint32_t number, const Arguments& a) {
  switch (number) {
    case SYS_recvmsg: return receives(a, {3, 4});
    case SYS_sendmsg: return sends(a, {3, 4});
    case SYS_ppoll: return waits(a, 2);
    case SYS_clock_gettime: return asks_monotonic_time(a);
    case SYS_mmap: return maps_plain_memory(a);
    case SYS_brk: case SYS_exit_group: return true;
    default: return false;
  }
}

/// 3 PTY, 4 signals, 5 net, 6 terminal; pidfds of the shell 7, net 8, terminal 9; 10 release, 11 login record, 12 log
/// socket, 13 relay, 14 starter.
bool monitor(std::uint32_t number, const Arguments& a) {
  constexpr std::uint32_t kSetWindowSize = 0x5414, kByDescriptor = 3, kExited = 4, kDoNotHang = 1, kKill = 9;
  switch (number) {
    case SYS_read: return one_of(a[0], {3, 4});
    case SYS_write: return one_of(a[0], {3, 10, 11, 13, 14});
    case SYS_recvmsg: return receives(a, {5, 6});
    case SYS_sendmsg: return sends(a, {5, 6, 12});
    case SYS_ppoll: return waits(a, 7);
    case SYS_ioctl: return low(a[0]) == 3 && low(a[1]) == kSetWindowSize;
    case SYS_waitid:
      return low(a[0]) == kByDescriptor && one_of(a[1], {7, 8, 9}) && no_bit_but(a[3], kExited | kDoNotHang) &&
             a[4] == 0;
    case SYS_pidfd_send_signal: return one_of(a[0], {8, 9}) && low(a[1]) == kKill && a[2] == 0 && low(a[3]) == 0;
    case SYS_clock_gettime: return asks_monotonic_time(a);
    case SYS_close: return one_of(a[0], {3, 10, 11, 14});
    case SYS_exit_group: return true;
    default: return false;
  }
}

/// Of the client: 0 to 2 the user's, 3 signals, 4 tty, 5 net, 6 screen; pidfds of the three 7, 8, 9.
bool client_guard(std::uint32_t number, const Arguments& a) {
  constexpr std::uint32_t kSetTerminal = 0x5402, kGetForeground = 0x540F, kByDescriptor = 3, kKill = 9, kStop = 19, kExited = 4, kDoNotHang = 1;
  switch (number) {
    case SYS_read: return low(a[0]) == 3;
    case SYS_write: return one_of(a[0], {1, 2});
    case SYS_ioctl: return low(a[0]) == 0 && one_of(a[1], {kSetTerminal, kGetForeground});
    case SYS_recvmsg: return receives(a, {4, 5, 6});
    case SYS_sendmsg: return sends(a, {4});
    case SYS_ppoll: return waits(a, 7);
    case SYS_kill: return low(a[0]) == 0 && low(a[1]) == kStop;
    case SYS_pidfd_send_signal: return one_of(a[0], {7, 8, 9}) && low(a[1]) == kKill && a[2] == 0 && low(a[3]) == 0;
    case SYS_waitid:
      return low(a[0]) == kByDescriptor && one_of(a[1], {7, 8, 9}) && no_bit_but(a[3], kExited | kDoNotHang) && a[4] == 0;
    case SYS_clock_gettime: return asks_monotonic_time(a);
    case SYS_exit_group: return true;
    default: return false;
  }
}

/// 0 and 1 the terminal, 3 guard, 4 net, 5 screen.
bool client_tty(std::uint32_t number, const Arguments& a) {
  constexpr std::uint32_t kGetTerminal = 0x5401, kSetTerminal = 0x5402, kGetWindowSize = 0x5413, kGetUnread = 0x5411;
  switch (number) {
    case SYS_read: return low(a[0]) == 0;
    case SYS_write: return low(a[0]) == 1;
    case SYS_ioctl:
      return (low(a[0]) == 0 && one_of(a[1], {kGetTerminal, kSetTerminal, kGetWindowSize})) || (low(a[0]) == 4 && low(a[1]) == kGetUnread);
    case SYS_recvmsg: return receives(a, {3, 4, 5});
    case SYS_sendmsg: return sends(a, {3, 4, 5});
    case SYS_ppoll: return waits(a, 5);
    case SYS_clock_gettime: return asks_monotonic_time(a);
    case SYS_exit_group: return true;
    default: return false;
  }
}

/// 3 guard, 4 tty, 5 screen, 6 to 9 UDP.
bool client_net(std::uint32_t number, const Arguments& a) {
  switch (number) {
    case SYS_recvmsg: return receives(a, {3, 4, 5, 6, 7, 8, 9});
    case SYS_sendmsg: return sends(a, {3, 4, 5, 6, 7, 8, 9});
    case SYS_ppoll: return waits(a, 7);
    case SYS_connect: return one_of(a[0], {6, 7, 8, 9}) && a[2] <= 28;
    case SYS_clock_gettime: return asks_monotonic_time(a);
    case SYS_mmap: return maps_plain_memory(a);
    case SYS_brk: case SYS_exit_group: return true;
    default: return false;
  }
}

/// 3 guard, 4 tty, 5 net.
bool client_screen(std::uint32_t number, const Arguments& a) {
  switch (number) {
    case SYS_recvmsg: return receives(a, {3, 4, 5});
    case SYS_sendmsg: return sends(a, {3, 4});
    case SYS_ppoll: return waits(a, 3);
    case SYS_clock_gettime: return one_of(a[0], {0, 1});  // the hour, and monotonic time
    case SYS_mmap: return maps_plain_memory(a);
    case SYS_brk: case SYS_exit_group: return true;
    default: return false;
  }
}

}  // namespace

std::vector<std::uint32_t> reference_numbers(const std::string& compartment) {
  std::vector<std::uint32_t> numbers = {SYS_recvmsg, SYS_sendmsg, SYS_ppoll, SYS_clock_gettime, SYS_exit_group};
  const auto add = [&](std::initializer_list<std::uint32_t> more) { numbers.insert(numbers.end(), more); };
  if (compartment == "monitor") add({SYS_read, SYS_write, SYS_ioctl, SYS_waitid, SYS_pidfd_send_signal, SYS_close});
  if (compartment == "client-guard") add({SYS_read, SYS_write, SYS_ioctl, SYS_kill, SYS_pidfd_send_signal, SYS_waitid});
  if (compartment == "client-tty") add({SYS_read, SYS_write, SYS_ioctl});
  if (compartment.ends_with("net") || compartment == "terminal" || compartment == "client-screen") add({SYS_mmap, SYS_brk});
  if (compartment.ends_with("net")) add({SYS_connect});
  std::ranges::sort(numbers);
  return numbers;
}

bool reference_permits(const std::string& compartment, const SystemCallData& call) {
  if (compartment == "net") return net(call.number, call.arguments);
  if (compartment == "terminal") return terminal(call.number, call.arguments);
  if (compartment == "client-guard") return client_guard(call.number, call.arguments);
  if (compartment == "client-tty") return client_tty(call.number, call.arguments);
  if (compartment == "client-net") return client_net(call.number, call.arguments);
  if (compartment == "client-screen") return client_screen(call.number, call.arguments);
  return compartment == "monitor" && monitor(call.number, call.arguments);
}

}  // namespace sallyport::sandbox::testing
