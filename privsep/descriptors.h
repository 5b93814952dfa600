// The fixed descriptor numbers of every compartment (architecture 1, 4). The monitor places them (privsep/spawn.h for
// net and terminal, privsep/arrange.h for itself), the sandbox pins them in its filters and checks them in its
// inventory, and a compartment uses them by these names. Linked by every compartment. 0, 1 and 2 are /dev/null
// everywhere.
#pragma once

#include "base/unique_fd.h"

namespace sallyport::privsep {

inline constexpr BorrowedFd kStdin{0};
inline constexpr BorrowedFd kStdout{1};
inline constexpr BorrowedFd kStderr{2};

/// net. `kAnnounce` is the starter's standard output until the MOSH CONNECT line is out, and /dev/null from then on.
namespace net_fd {
inline constexpr BorrowedFd kAnnounce{1};
inline constexpr BorrowedFd kMonitor{3};
inline constexpr BorrowedFd kTerminal{4};
inline constexpr BorrowedFd kUdp{5};      ///< A: from any address
inline constexpr BorrowedFd kUdpPeer{6};  ///< B: connected to the validated peer; absent when one socket was passed in
inline constexpr int kEnd = 7;
}  // namespace net_fd

namespace terminal_fd {
inline constexpr BorrowedFd kMonitor{3};
inline constexpr BorrowedFd kNet{4};
inline constexpr int kEnd = 5;
}  // namespace terminal_fd

/// The monitor from its lock-down on. Those marked optional may be absent.
namespace monitor_fd {
inline constexpr BorrowedFd kPty{3};          ///< controlling side
inline constexpr BorrowedFd kSignals{4};      ///< signalfd
inline constexpr BorrowedFd kNet{5};          ///< channel
inline constexpr BorrowedFd kTerminal{6};     ///< channel
inline constexpr BorrowedFd kShellPid{7};     ///< pidfd
inline constexpr BorrowedFd kNetPid{8};       ///< pidfd
inline constexpr BorrowedFd kTerminalPid{9};  ///< pidfd
inline constexpr BorrowedFd kRelease{10};  ///< writing end of the pipe that releases the shell's child; closed after it
inline constexpr BorrowedFd kLoginRecord{11};  ///< optional: writing end of the pipe to login-record
inline constexpr BorrowedFd kLog{12};          ///< optional: Unix datagram socket connected to /dev/log
inline constexpr BorrowedFd kRelay{13};        ///< optional, -v: writing end of the pipe to the log relay
inline constexpr BorrowedFd kStarter{14};      ///< pipe to the starter: one byte once locked down, then closed
inline constexpr int kEnd = 15;
}  // namespace monitor_fd

/// The client's guard, sallyport-client. 0, 1 and 2 are the user's.
namespace client_guard_fd {
inline constexpr BorrowedFd kSignals{3};    ///< signalfd
inline constexpr BorrowedFd kTty{4};        ///< channel
inline constexpr BorrowedFd kNet{5};        ///< channel
inline constexpr BorrowedFd kScreen{6};     ///< channel
inline constexpr BorrowedFd kTtyPid{7};     ///< pidfd
inline constexpr BorrowedFd kNetPid{8};     ///< pidfd
inline constexpr BorrowedFd kScreenPid{9};  ///< pidfd
inline constexpr int kEnd = 10;
}  // namespace client_guard_fd

/// The client's tty owner. Input and output are the user's terminal, opened anew so that not blocking is ours alone.
namespace client_tty_fd {
inline constexpr BorrowedFd kInput{0};
inline constexpr BorrowedFd kOutput{1};
inline constexpr BorrowedFd kGuard{3};
inline constexpr BorrowedFd kNet{4};
inline constexpr BorrowedFd kScreen{5};
inline constexpr int kEnd = 6;
}  // namespace client_tty_fd

/// The client's net. `kKey` is a pipe or file with the session key's text until it is read, and /dev/null from then on.
namespace client_net_fd {
inline constexpr BorrowedFd kKey{0};
inline constexpr BorrowedFd kGuard{3};
inline constexpr BorrowedFd kTty{4};
inline constexpr BorrowedFd kScreen{5};
inline constexpr BorrowedFd kIpv4{6};      ///< optional: two sockets of a family, so that a new port can be tried
inline constexpr BorrowedFd kIpv4Next{7};  ///< while answers to the old one may still come
inline constexpr BorrowedFd kIpv6{8};
inline constexpr BorrowedFd kIpv6Next{9};
inline constexpr int kEnd = 10;
}  // namespace client_net_fd

namespace client_screen_fd {
inline constexpr BorrowedFd kGuard{3};
inline constexpr BorrowedFd kTty{4};
inline constexpr BorrowedFd kNet{5};
inline constexpr int kEnd = 6;
}  // namespace client_screen_fd

}  // namespace sallyport::privsep
