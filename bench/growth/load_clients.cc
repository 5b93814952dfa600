// Many clients at once, for bench/growth/run: load_clients CONTACT_BY IDLE_UNTIL TYPE_UNTIL, in seconds of the
// monotonic clock; reads one "PORT KEY" a line from standard input. Each client is a process, for one process's
// protected memory holds a dozen keys. All make contact by the first time, keep their sessions alive until the second,
// then type one key a second until the third; whoever started this measures the servers meanwhile. Then each leaves,
// and prints one line: milliseconds from contact to first output, keys without an echo within two seconds, and the
// milliseconds of each echo.
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "bench/wire_client.h"

namespace sallyport::bench {
namespace {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::string_view kNeverPrinted = "\xFF";
constexpr Duration kKeyInterval = seconds(1);
constexpr Duration kLongestEcho = seconds(2);  // ours: a key whose echo takes longer counts as lost

struct Session {
  std::uint16_t port = 0;
  std::string key;
};

struct Schedule {
  TimePoint contact_by;
  TimePoint idle_until;
  TimePoint type_until;
};

std::string ms(Duration d) {
  char text[32];
  std::snprintf(text, sizeof text, " %.3f", duration<double, std::milli>(d).count());
  return text;
}

/// One client's life; the line that it prints.
std::string live(const Session& session, const Schedule& schedule, Duration stagger) {
  WireClient client(session.key, session.port);
  const TimePoint contact = client.now();
  client.type("");
  if (!client.wait_for("hello", schedule.contact_by)) return "no contact";
  std::string line = ms(client.now() - contact);
  (void)client.wait_for(kNeverPrinted, schedule.idle_until);
  std::string echoes;
  int lost = 0;
  char key = 'a';
  for (TimePoint at = schedule.idle_until + stagger; at < schedule.type_until; at += kKeyInterval) {
    (void)client.wait_for(kNeverPrinted, at);
    const std::string typed(1, key);
    const TimePoint start = client.now();
    client.type(typed);
    if (client.wait_for(typed, start + kLongestEcho)) {
      echoes += ms(client.now() - start);
    } else {
      ++lost;
    }
    key = key == 'z' ? 'a' : static_cast<char>(key + 1);
  }
  (void)client.wait_for(kNeverPrinted, schedule.type_until);
  client.leave();
  return line + " " + std::to_string(lost) + echoes;
}

int run(const Schedule& schedule) {
  std::vector<Session> sessions;
  for (Session session; std::cin >> session.port >> session.key;) sessions.push_back(session);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    const pid_t pid = ::fork();
    if (pid < 0) return 1;
    if (pid == 0) {
      const auto stagger =
          duration_cast<Duration>(kKeyInterval) * static_cast<int>(i) / static_cast<int>(sessions.size());
      const std::string line = live(sessions[i], schedule, stagger) + "\n";
      (void)sys::write(BorrowedFd(STDOUT_FILENO), bytes_of(line));  // one write, less than a pipe takes whole
      ::_exit(0);
    }
    ::usleep(2000);  // a first contact makes the shell start: not all at once
  }
  while (::wait(nullptr) > 0) {
  }
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  using namespace sallyport;
  if (argc != 4) {
    std::fprintf(stderr, "usage: load_clients CONTACT_BY IDLE_UNTIL TYPE_UNTIL < LINES OF: PORT KEY\n");
    return 2;
  }
  const auto at = [&](int i) {
    return TimePoint(std::chrono::duration_cast<Duration>(std::chrono::duration<double>(std::atof(argv[i]))));
  };
  return bench::run({at(1), at(2), at(3)});
}
