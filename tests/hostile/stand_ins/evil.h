// What the evil net and the evil terminal of a live session share: which of them is to be evil, and how one goes on
// after it said what no honest compartment says.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/unique_fd.h"
#include "privsep/channel.h"
#include "tests/hostile/evil_messages.h"
#include "tests/hostile/raw_channel.h"
#include "tests/server/stand_ins/own_folder.h"

namespace sallyport::hostile {

/// From the file `plan` beside the program.
struct EvilPlan {
  std::string folder = sallyport::testing::own_folder();
  std::string who;
  std::uint64_t seed = 0;
  EvilPlan() { std::ifstream(folder + "/plan") >> who >> seed; }
};

/// Waits for room. False if the monitor is gone.
inline bool send_patiently(BorrowedFd channel, const EvilRecord& record) {
  while (!send_raw(channel, record.bytes, record.descriptor)) {
    pollfd room{channel.number(), POLLOUT, 0};
    if (::poll(&room, 1, 5000) != 1 || (room.revents & (POLLHUP | POLLERR)) != 0) return false;
  }
  return true;
}

/// After a violation it hangs, leaves or dies: the session must end all the same.
[[noreturn]] inline void go_on_somehow(std::uint64_t seed) {
  if (seed % 3 == 0) ::_exit(0);
  if (seed % 3 == 1) ::raise(SIGSEGV);
  for (;;) ::pause();
}

/// Reads what the monitor says until it is gone.
[[noreturn]] inline void only_listen(const privsep::Channel& monitor) {
  std::array<std::byte, 65536> buffer;
  for (;;) {
    pollfd wait{monitor.fd().number(), POLLIN, 0};
    (void)::poll(&wait, 1, -1);
    const auto record = monitor.receive(buffer);
    if (!record && record.error() == privsep::ReceiveFailure::kClosed) ::_exit(0);
  }
}

}  // namespace sallyport::hostile
