// The real, confined sallyport-server with an evil net or an evil terminal: its program sees nothing but permitted
// input and replies that it asked for, and every session ends as documented, with nothing left.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "base/sys/io.h"
#include "tests/hostile/environment_number.h"
#include "tests/hostile/permitted.h"

namespace sallyport::hostile {
namespace {

const std::string kPrefix = HOSTILE_PREFIX;
const std::string kFolder = kPrefix + "/libexec/sallyport";
/// SALLYPORT_HOSTILE_SESSIONS changes it.
constexpr std::uint64_t kSessions = 40;
constexpr auto kSessionLimit = std::chrono::seconds(120);

std::string contents(const std::string& name) {
  std::stringstream text;
  text << std::ifstream(kFolder + "/" + name, std::ios::binary).rdbuf();
  return text.str();
}

class HostileLive : public ::testing::Test {
 protected:
  HostileLive() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }  // the monitor's end is ours to see
  ~HostileLive() override { ::prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0); }

  /// One session from its start to its end. The monitor's wait status.
  int session(const std::string& who, std::uint64_t seed) {
    for (const char* name : {"raw", "seen", "allowed", "questions"}) std::filesystem::remove(kFolder + "/" + name);
    std::ofstream(kFolder + "/plan") << who << " " << seed << std::endl;
    const std::string said = start();
    const auto at = said.find("detached, pid = ");
    EXPECT_NE(at, std::string::npos) << said;
    if (at == std::string::npos) return -1;
    const pid_t monitor = std::atoi(said.c_str() + at + 16);
    return collect(monitor);
  }

  /// What the program saw; waits until it has noticed its end.
  static std::string seen() {
    for (int i = 0; i < 3000 && !std::filesystem::exists(kFolder + "/questions"); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(std::filesystem::exists(kFolder + "/questions")) << "the program was not hung up";
    return contents("seen");
  }

 private:
  /// What the server says on standard error.
  static std::string start() {
    auto error = std::move(*sys::pipe());
    const pid_t pid = ::fork();
    if (pid == 0) {
      const int null = ::open("/dev/null", O_RDWR);
      ::dup2(null, 0);
      ::dup2(null, 1);
      ::dup2(error.writer.borrow().number(), 2);
      ::setenv("LC_ALL", "C.UTF-8", 1);
      const std::string server = kPrefix + "/bin/sallyport-server", program = kPrefix + "/bin/victim_program";
      ::execl(server.c_str(), "sallyport-server", "new", "-p", "0", "--", program.c_str(), kFolder.c_str(), nullptr);
      ::_exit(127);
    }
    error.writer.reset();
    std::string said;
    std::array<std::byte, 1024> buffer;
    for (auto n = sys::read(error.reader, buffer); n && *n > 0; n = sys::read(error.reader, buffer)) {
      said.append(reinterpret_cast<const char*>(buffer.data()), *n);
    }
    int status = 0;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0) << said;
    return said;
  }

  /// Collects everything that the session has left to us, until there is nothing; the monitor's wait status.
  static int collect(pid_t monitor) {
    int result = -1;
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
      int status = 0;
      const pid_t ended = ::waitpid(-1, &status, WNOHANG);
      if (ended < 0) return result;  // no child is left
      if (ended == monitor) result = status;
      if (ended == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));
      if (std::chrono::steady_clock::now() - start > kSessionLimit) {
        ::kill(monitor, SIGKILL);
        ADD_FAILURE() << "the session did not end";
        return result;
      }
    }
  }
};

TEST_F(HostileLive, AnEvilNetTypesNothingButWhatItIsPermittedAndEndsItsSession) {
  const std::uint64_t sessions = environment_number("SALLYPORT_HOSTILE_SESSIONS", kSessions);
  std::size_t typed = 0;
  for (std::uint64_t seed = 1; seed <= sessions / 2; ++seed) {
    EXPECT_EQ(session("net", seed), 0) << "the monitor's end; seed " << seed;
    const std::string program = seen(), allowed = contents("allowed");
    ASSERT_EQ(allowed.compare(0, program.size(), program), 0) << "seed " << seed;
    EXPECT_EQ(program.find("never permitted"), std::string::npos) << "seed " << seed;
    typed += program.size();
  }
  EXPECT_GT(typed, 1000U);  // of what was permitted
}

TEST_F(HostileLive, AnEvilTerminalTypesNothingButRepliesThatWereAskedFor) {
  const std::uint64_t sessions = environment_number("SALLYPORT_HOSTILE_SESSIONS", kSessions);
  std::ptrdiff_t replies = 0;
  for (std::uint64_t seed = 1; seed <= sessions / 2; ++seed) {
    EXPECT_EQ(session("terminal", seed), 0) << "the monitor's end; seed " << seed;
    const std::string program = seen();
    EXPECT_TRUE(only_replies(program)) << "seed " << seed;
    // Every reply but two kinds has one ESC; those have two.
    const auto some =
        std::count(program.begin(), program.end(), '\033') - std::count(program.begin(), program.end(), '\\');
    EXPECT_LE(some, std::atoi(contents("questions").c_str())) << "seed " << seed;
    replies += some;
  }
  EXPECT_GT(replies, 10);
}

}  // namespace
}  // namespace sallyport::hostile
