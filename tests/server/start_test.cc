// The whole start of sallyport-server, with its login-record and stand-ins for net and terminal (stand_ins/): what ssh and the
// mosh wrapper see, what the session's program finds, and what is left after a failure.
#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <thread>

#include "base/clock.h"
#include "base/sys/io.h"
#include "pty/pty.h"

namespace sallyport::server {
namespace {

using std::chrono::milliseconds;

const std::string kPrefix = SERVER_PREFIX;

std::string contents(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

/// Polls, for what another process does, up to a minute.
template <typename Condition>
bool eventually(Condition condition) {
  for (int i = 0; i < 3000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(milliseconds(20));
  }
  return condition();
}

bool alive(pid_t pid) {  // a zombie that nobody collects is not
  const std::string status = contents("/proc/" + std::to_string(pid) + "/stat");
  const auto state = status.rfind(')');
  return state != std::string::npos && status.substr(state + 2, 1) != "Z";
}

/// The number that follows `marker` in `text`; 0 if there is none.
int number_after(const std::string& text, const std::string& marker) {
  const auto at = text.find(marker);
  return at == std::string::npos ? 0 : std::atoi(text.c_str() + at + marker.size());
}

/// Exactly `MOSH CONNECT PORT KEY` and a newline, the key 22 characters of base64.
bool is_connect_line(const std::string& text, int port) {
  const std::string start = "MOSH CONNECT " + std::to_string(port) + " ";
  constexpr std::size_t kKeyCharacters = 22;
  return text.starts_with(start) && text.size() == start.size() + kKeyCharacters + 1 && text.back() == '\n' &&
         std::all_of(text.begin() + static_cast<std::ptrdiff_t>(start.size()), text.end() - 1,
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '/'; });
}

class Start : public ::testing::Test {
 protected:
  Start() {
    std::string name = ::testing::TempDir() + "home.XXXXXX";
    home_ = ::mkdtemp(name.data());
    environment_ = {"HOME=" + home_, "PATH=/usr/bin:/bin", "SHELL=/bin/sh", "LANG=C.UTF-8"};
    std::filesystem::remove(kPrefix + "/libexec/sallyport/FAIL_HOW");
  }
  ~Start() override {
    if (daemon_ > 0) {
      ::kill(daemon_, SIGKILL);
      eventually([this] { return !alive(daemon_); });
    }
    std::filesystem::remove_all(home_);
    std::filesystem::remove(kPrefix + "/libexec/sallyport/FAIL_HOW");
  }

  /// Runs the program to its end with pipes for standard output and error, `input` for standard input. Output is read until
  /// end of file, for two seconds after the program's exit at most.
  void run(std::vector<std::string> words, const char* name = "sallyport-server", BorrowedFd input = {}) {
    auto out = sys::pipe();
    auto error = sys::pipe();
    ASSERT_TRUE(out && error);
    const std::string path = kPrefix + "/bin/" + name;
    words.insert(words.begin(), name);
    const pid_t pid = ::fork();
    if (pid == 0) {
      const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
      ::dup2(input.valid() ? input.number() : null, 0);
      ::dup2(out->writer.borrow().number(), 1);
      ::dup2(error->writer.borrow().number(), 2);
      std::vector<char*> argv, envp;
      for (auto& word : words) argv.push_back(word.data());
      for (auto& word : environment_) envp.push_back(word.data());
      argv.push_back(nullptr);
      envp.push_back(nullptr);
      ::execve(path.c_str(), argv.data(), envp.data());
      ::_exit(127);
    }
    out->writer.reset();
    error->writer.reset();
    collect(pid, std::move(out->reader), std::move(error->reader));
    daemon_ = number_after(error_, "detached, pid = ");
    port_ = number_after(out_, "MOSH CONNECT ");
  }

  void collect(pid_t pid, UniqueFd out, UniqueFd error) {
    out_.clear();
    error_.clear();
    const SystemClock clock;
    std::optional<TimePoint> left;
    std::array<bool, 2> open = {true, true};
    while (open[0] || open[1]) {
      std::array<pollfd, 2> entries{pollfd{open[0] ? out.borrow().number() : -1, POLLIN, 0},
                                    pollfd{open[1] ? error.borrow().number() : -1, POLLIN, 0}};
      (void)sys::ppoll(entries, milliseconds(20));
      for (std::size_t i = 0; i < 2; ++i) {
        if (entries[i].revents == 0) continue;
        std::array<std::byte, 4096> buffer;
        const auto got = sys::read(i == 0 ? out : error, buffer);
        open[i] = got && *got > 0;
        (i == 0 ? out_ : error_).append(reinterpret_cast<const char*>(buffer.data()), got.value_or(0));
      }
      int status = 0;
      if (!left && ::waitpid(pid, &status, WNOHANG) == pid) {
        left = clock.now();
        status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
      }
      if (left && clock.now() - *left > std::chrono::seconds(2)) break;
    }
    reached_end_of_file_ = !open[0] && !open[1];
    int status = 0;
    if (!left && ::waitpid(pid, &status, 0) == pid) status_ = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  /// What the first datagram of a client does.
  void contact() const {
    const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(port_));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const std::array<char, 64> payload{};
    ASSERT_EQ(::sendto(socket.borrow().number(), payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof to), 64);
  }

  /// Runs this shell script as the session's command and returns the file $HOME/out that it wrote.
  std::string session(const std::string& script, std::vector<std::string> options = {"new"}) {
    options.insert(options.end(), {"-p", "0", "--", "/bin/sh", "-c", "(" + script + ") > $HOME/part; mv $HOME/part $HOME/out"});
    run(options);
    EXPECT_EQ(status_, 0) << error_;
    contact();
    EXPECT_TRUE(eventually([this] { return std::filesystem::exists(home_ + "/out"); })) << error_;
    return contents(home_ + "/out");
  }

  void fail_by(const std::string& how) const { std::ofstream(kPrefix + "/libexec/sallyport/FAIL_HOW") << how; }
  std::string screen() const { return contents(kPrefix + "/libexec/sallyport/screen"); }

  std::string home_;
  std::vector<std::string> environment_;
  std::string out_, error_;
  int status_ = -1;
  bool reached_end_of_file_ = false;
  pid_t daemon_ = 0;
  int port_ = 0;
};

class CommandLineChecklistStart : public Start {};

TEST_F(CommandLineChecklistStart, Item05_WithVerboseTheOutputStaysOpenUntilTheEnd) {
  run({"new", "-v", "-p", "0"});
  EXPECT_EQ(status_, 0);
  EXPECT_FALSE(reached_end_of_file_);
}

TEST_F(CommandLineChecklistStart, Item06_DetachedLineNamesALiveProcess) {
  run({"new", "-p", "0"});
  EXPECT_EQ(status_, 0) << error_;
  EXPECT_TRUE(reached_end_of_file_);
  EXPECT_TRUE(is_connect_line(out_, port_)) << out_;
  EXPECT_TRUE(error_.starts_with("\nsallyport-server (Sallyport ")) << error_;
  EXPECT_TRUE(error_.ends_with("\n\n[mosh-server detached, pid = " + std::to_string(daemon_) + "]\n")) << error_;
  ASSERT_GT(daemon_, 0);
  EXPECT_TRUE(alive(daemon_));
}

TEST_F(CommandLineChecklistStart, Item09_BadPortsLeaveWithStatusOne) {
  for (const char* ports : {"5:4", "70000", "abc", "0:10"}) {
    run({"new", "-p", ports});
    EXPECT_EQ(status_, 1);
    EXPECT_EQ(out_, "");
    EXPECT_NE(error_.find("Bad UDP port"), std::string::npos);
  }
}

TEST_F(CommandLineChecklistStart, Item10_ForeignAddressStillStarts) {
  run({"new", "-i", "192.0.2.77", "-p", "0"});
  EXPECT_EQ(status_, 0);
  EXPECT_TRUE(error_.starts_with("Failed binding to 192.0.2.77:0\nError binding to IP 192.0.2.77: bind: Cannot assign")) << error_;
}

TEST_F(CommandLineChecklistStart, Item11_DashSWithoutSshStarts) {
  run({"new", "-s", "-p", "0"});
  EXPECT_EQ(status_, 0);
  EXPECT_TRUE(error_.starts_with("Warning: SSH_CONNECTION not found; binding to any interface.\n")) << error_;
}

TEST_F(CommandLineChecklistStart, Item14_StartsWithoutALocaleAndGivesTheSessionOne) {
  environment_ = {"HOME=" + home_, "PATH=/usr/bin:/bin", "LANG=C", "LC_TIME=C"};
  const std::string text = session("env");
  EXPECT_NE(text.find("LANG=C.UTF-8\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("LC_TIME"), std::string::npos);
  EXPECT_TRUE(error_.starts_with("The server has no UTF-8 locale (LANG=C; from the client: [no charset variables]). Starting with C.UTF-8"))
      << error_;
}

TEST_F(CommandLineChecklistStart, Item17_WhatTheSessionFinds) {
  environment_.push_back("STY=1.tty");
  const std::string text = session("env; pwd; stty -a < /dev/tty", {"new", "-c", "256"});
  for (const std::string& line : {std::string("TERM=xterm-256color\n"), std::string("NCURSES_NO_UTF8_ACS=1\n"), "PWD=" + home_ + "\n",
                                  "\n" + home_ + "\n", std::string(" iutf8")}) {
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
  }
  for (const char* absent : {"STY=", "MOSH_KEY", "StandInKey"}) EXPECT_EQ(text.find(absent), std::string::npos);
}

TEST_F(CommandLineChecklistStart, Item18_LoginShellIsOneAndIsGreeted) {
  std::ofstream(home_ + "/.profile") << "echo \"I am $0\"; sleep 1; exit\n";
  run({"new", "-p", "0"});
  ASSERT_EQ(status_, 0);
  contact();
  EXPECT_TRUE(eventually([this] { return screen().find("I am -sh\r\n") != std::string::npos; })) << screen();
  const std::string motd = contents("/etc/motd");
  EXPECT_EQ(screen().find("I am -sh") > 0, !motd.empty() || std::filesystem::exists("/run/motd.dynamic"));
}

TEST_F(CommandLineChecklistStart, Item18_HushloginSilencesTheGreeting) {
  std::ofstream(home_ + "/.hushlogin");
  std::ofstream(home_ + "/.profile") << "echo \"I am $0\"; sleep 1; exit\n";
  run({"new", "-p", "0"});
  contact();
  EXPECT_TRUE(eventually([this] { return screen() == "I am -sh\r\n"; })) << screen();
}

TEST_F(CommandLineChecklistStart, Item19_ArgumentsOfTheCommandArriveUnchanged) {
  run({"new", "-p", "0", "--", "/bin/sh", "-c", "printf '<%s>' \"$@\" > \"$HOME/part\"; mv \"$HOME/part\" \"$HOME/out\"", "sh", "", "a  b", "'\"",
       "$HOME", "\n", "--", "-p"});
  contact();
  EXPECT_TRUE(eventually([this] { return std::filesystem::exists(home_ + "/out"); }));
  EXPECT_EQ(contents(home_ + "/out"), "<><a  b><'\"><$HOME><\n><--><-p>");
}

TEST_F(CommandLineChecklistStart, Item20_NothingRunsBeforeTheFirstClient) {
  run({"new", "-p", "0", "--", "/bin/sh", "-c", "stty size > $HOME/part; mv $HOME/part $HOME/ran"});
  std::this_thread::sleep_for(milliseconds(300));
  EXPECT_FALSE(std::filesystem::exists(home_ + "/ran"));
  contact();
  EXPECT_TRUE(eventually([this] { return std::filesystem::exists(home_ + "/ran"); }));
  EXPECT_EQ(contents(home_ + "/ran"), "30 100\n");
}

TEST_F(CommandLineChecklistStart, Item23_ProgramOfASessionThatEndsUnusedIsNeverRun) {
  run({"new", "-p", "0", "--", "/bin/sh", "-c", "echo ran > $HOME/ran"});
  ASSERT_GT(daemon_, 0);
  ::kill(daemon_, SIGTERM);
  EXPECT_TRUE(eventually([this] { return !alive(daemon_); }));
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_FALSE(std::filesystem::exists(home_ + "/ran"));
}

TEST_F(CommandLineChecklistStart, Item26_HangUpDoesNotEndTheDaemon) {
  run({"new", "-p", "0"});
  ASSERT_GT(daemon_, 0);
  EXPECT_EQ(::kill(daemon_, SIGHUP), 0);
  EXPECT_EQ(::kill(daemon_, SIGPIPE), 0);
  std::this_thread::sleep_for(milliseconds(200));
  EXPECT_TRUE(alive(daemon_));
  EXPECT_EQ(::getpgid(daemon_), daemon_);
}

TEST_F(CommandLineChecklistStart, Item28_DaemonDumpsNoCoreAndTheSessionHasItsOldLimit) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_CORE, &before), 0);
  const rlimit wanted{std::min<rlim_t>(before.rlim_max, 51200), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_CORE, &wanted), 0);
  environment_.push_back("ASAN_OPTIONS=disable_coredump=0");  // or a sanitized build changes the limit itself
  const std::string text = session("grep core /proc/self/limits; sleep 1");
  ASSERT_EQ(::setrlimit(RLIMIT_CORE, &before), 0);
  EXPECT_NE(text.find(" " + std::to_string(wanted.rlim_cur) + " "), std::string::npos) << text;
}

TEST_F(CommandLineChecklistStart, Item28_SoftCoreLimitOfTheDaemonIsZero) {
  run({"new", "-p", "0"});
  std::istringstream limits(contents("/proc/" + std::to_string(daemon_) + "/limits"));
  std::string line;
  while (std::getline(limits, line) && !line.starts_with("Max core file size")) {
  }
  EXPECT_EQ(number_after(line, "Max core file size"), 0) << line;
  EXPECT_FALSE(line.empty() || line.find("unlimited") < 30) << line;
}

TEST_F(CommandLineChecklistStart, Item30_HelpIsOnStandardOutput) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"--help"}, {"new", "--help"}}) {
    run(words, "mosh-server");
    EXPECT_EQ(status_, 0);
    EXPECT_EQ(error_, "");
    EXPECT_TRUE(out_.starts_with("Usage: mosh-server new "));
  }
}

TEST_F(CommandLineChecklistStart, Item02_WithATerminalForInputTheMagicLineStartsAfresh) {
  const auto pty = pty::open_pty({132, 43});
  ASSERT_TRUE(pty);
  run({"new", "-p", "0"}, "mosh-server", pty->tty_fd);
  EXPECT_TRUE(out_.starts_with("\r\n\nMOSH CONNECT ")) << out_;
  EXPECT_NE(error_.find("mosh-server (Sallyport "), std::string::npos) << error_;
  EXPECT_TRUE(contents(kPrefix + "/libexec/sallyport/terminal_saw").starts_with("columns=132\nrows=43\n"));
}

TEST_F(Start, CompartmentsGetTheirArgumentsAndNoOtherDescriptor) {
  environment_.push_back("MOSH_SERVER_NETWORK_TMOUT=77");
  environment_.push_back("MOSH_SERVER_SIGNAL_TMOUT=5x");
  run({"new", "-i", "127.0.0.1", "-p", "0"});
  EXPECT_TRUE(error_.starts_with("MOSH_SERVER_SIGNAL_TMOUT not a valid integer, ignoring\n")) << error_;
  EXPECT_EQ(contents(kPrefix + "/libexec/sallyport/net_saw"),
            "port=" + std::to_string(port_) +
                "\nfamily=4\nsecond-socket=yes\nnetwork-timeout=77\nsignal-timeout=0\nverbosity=0\nrequire-sandbox=available\n"
                "fds 0 1 2 3 4 5 6\n");
  EXPECT_EQ(contents(kPrefix + "/libexec/sallyport/terminal_saw"),
            "columns=80\nrows=24\nverbosity=0\nrequire-sandbox=available\nfds 0 1 2 3 4\n");
}

TEST_F(Start, SessionInheritsNoConfinementOfOurs) {
  const std::string text = session("grep -E '^(NoNewPrivs|Seccomp|SigIgn|SigBlk):' /proc/self/status; ls /proc/$$/fd; ulimit -a > /dev/null && echo ok");
  EXPECT_NE(text.find("NoNewPrivs:\t0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("Seccomp:\t0\n"), std::string::npos) << text;
  EXPECT_NE(text.find("SigIgn:\t0000000000000000\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("\n5\n"), std::string::npos) << text;
}

TEST_F(Start, InheritedDescriptorsDoNotReachTheSession) {
  ASSERT_EQ(::dup2(2, 57), 57);
  const std::string text = session("ls /proc/$$/fd");
  ::close(57);
  EXPECT_EQ(text.find("57"), std::string::npos) << text;
}

TEST_F(Start, ClosedStandardDescriptorsDoNoHarm) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::close(0);
    ::close(1);
    ::close(2);
    std::string path = kPrefix + "/bin/sallyport-server";
    std::string home = environment_[0];
    char* const argv[] = {path.data(), const_cast<char*>("new"), const_cast<char*>("-p"), const_cast<char*>("0"), nullptr};
    char* const envp[] = {home.data(), nullptr};
    ::execve(path.c_str(), argv, envp);
    ::_exit(127);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(pid, &status, 0), pid);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  // Nobody learned its pid; its net saw which port it has, and the first datagram and the shell's end of input end it.
  const std::string saw = contents(kPrefix + "/libexec/sallyport/net_saw");
  ASSERT_TRUE(saw.starts_with("port="));
  port_ = std::stoi(saw.substr(5));
  std::ofstream(home_ + "/.profile") << "exit\n";
  contact();
  EXPECT_TRUE(eventually([this] {
    const UniqueFd probe(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port_));
    return ::bind(probe.borrow().number(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }));
}

TEST_F(Start, SocketOfAServiceManagerIsTaken) {
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ASSERT_EQ(::bind(socket.borrow().number(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  socklen_t length = sizeof address;
  ASSERT_EQ(::getsockname(socket.borrow().number(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  auto out = sys::pipe();
  auto error = sys::pipe();
  ASSERT_TRUE(out && error);
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out->writer.borrow().number(), 1);
    ::dup2(error->writer.borrow().number(), 2);
    ::dup2(socket.borrow().number(), 3);
    std::string path = kPrefix + "/bin/sallyport-server";
    std::string home = environment_[0];
    std::string listen = "LISTEN_PID=" + std::to_string(::getpid());
    char* const argv[] = {path.data(), const_cast<char*>("new"), nullptr};
    char* const envp[] = {home.data(), listen.data(), const_cast<char*>("LISTEN_FDS=1"), nullptr};
    ::execve(path.c_str(), argv, envp);
    ::_exit(127);
  }
  out->writer.reset();
  error->writer.reset();
  collect(pid, std::move(out->reader), std::move(error->reader));
  daemon_ = number_after(error_, "detached, pid = ");
  ASSERT_GT(daemon_, 0) << error_;
  EXPECT_TRUE(out_.starts_with("MOSH CONNECT " + std::to_string(ntohs(address.sin_port)) + " ")) << out_;
  EXPECT_TRUE(eventually([] { return contents(kPrefix + "/libexec/sallyport/net_saw").ends_with("second-socket=no\nnetwork-timeout=0\nsignal-timeout=0\nverbosity=0\nrequire-sandbox=available\nfds 0 1 2 3 4 5\n"); }));
}

TEST_F(Start, FailingCompartmentIsOneClearLineAndNothingIsLeft) {
  const struct {
    const char* how;
    int status;
    const char* line;
  } kCases[] = {{"exit", 1, "sallyport-server: net did not start: exit status 3\n"},
                {"after", 1, "sallyport-server: net did not start: exit status 5\n"},
                {"terminal", 70, "sallyport-server: terminal did not start: exit status 70\n"},
                {"unconfined", 70, "sallyport-server: net cannot be confined on this host: sandbox: seccomp: "}};
  for (const auto& [how, status, line] : kCases) {
    fail_by(how);
    run({"new", "-p", "0", "--", "/bin/sleep", "4711"});
    EXPECT_EQ(status_, status) << how;
    EXPECT_TRUE(error_.starts_with(line)) << error_;
    EXPECT_EQ(std::ranges::count(error_, '\n'), 1) << error_;
    EXPECT_TRUE(reached_end_of_file_) << how;
    EXPECT_EQ(daemon_, 0);
  }
}

TEST_F(Start, MissingInternalProgramIsSaidBeforeAnythingStarts) {
  const std::string path = kPrefix + "/libexec/sallyport/login-record";
  std::filesystem::rename(path, path + ".away");
  run({"new", "-p", "0"});
  std::filesystem::rename(path + ".away", path);
  EXPECT_EQ(status_, 1);
  EXPECT_EQ(out_, "");
  EXPECT_EQ(error_, "sallyport-server: cannot find the internal program " + path +
                        ": No such file or directory (is the installation complete?)\n");
}

TEST_F(Start, BusyPortLeavesWithTheReasonAndAHint) {
  run({"new", "-p", "0"});
  const pid_t first = daemon_;
  const std::string port = std::to_string(port_);
  run({"new", "-p", port});
  daemon_ = first;
  EXPECT_EQ(status_, 1);
  EXPECT_EQ(out_, "");
  EXPECT_NE(error_.find("UDP port " + port + " is in use; every session needs its own port."), std::string::npos) << error_;
}

TEST_F(Start, NothingOutlivesAMonitorThatIsKilled) {
  run({"new", "-p", "0", "--", "/bin/sh", "-c", "echo $$ > $HOME/part; mv $HOME/part $HOME/out; exec sleep 4711"});
  contact();
  ASSERT_TRUE(eventually([this] { return std::filesystem::exists(home_ + "/out"); }));
  const pid_t shell = std::stoi(contents(home_ + "/out"));
  ASSERT_TRUE(alive(shell));
  ::kill(daemon_, SIGKILL);
  EXPECT_TRUE(eventually([&] { return !alive(shell); }));
}

TEST_F(Start, VerboseSessionEndsWithItsLastLine) {
  std::vector<std::string> words = {"new", "-v", "-p", "0", "--", "/bin/true"};
  auto out = sys::pipe();
  ASSERT_TRUE(out);
  // Run by a shell that copies the relay's last words, since run() stops reading after the starter's exit.
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::dup2(out->writer.borrow().number(), 1);
    ::dup2(out->writer.borrow().number(), 2);
    std::string path = kPrefix + "/bin/sallyport-server";
    std::string home = environment_[0];
    char* const argv[] = {path.data(), words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data(), words[5].data(), nullptr};
    char* const envp[] = {home.data(), nullptr};
    ::execve(path.c_str(), argv, envp);
    ::_exit(127);
  }
  out->writer.reset();
  ASSERT_EQ(::waitpid(pid, nullptr, 0), pid);
  std::array<char, 4096> buffer{};
  std::string text;
  bool contacted = false;
  for (;;) {
    pollfd entry{out->reader.borrow().number(), POLLIN, 0};
    if (::poll(&entry, 1, 20000) <= 0) break;
    const ssize_t n = ::read(out->reader.borrow().number(), buffer.data(), buffer.size());
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
    if (!contacted && text.find("MOSH CONNECT ") != std::string::npos && text.find("detached, pid = ") != std::string::npos) {
      port_ = number_after(text, "MOSH CONNECT ");
      daemon_ = number_after(text, "detached, pid = ");
      contacted = true;
      contact();
    }
  }
  EXPECT_TRUE(text.ends_with("\n[mosh-server is exiting.]\n")) << text;
}

TEST_F(Start, SandboxReportSpeaksWordsAndJson) {
  run({"sandbox-report"});
  EXPECT_EQ(status_, 0) << error_;
  EXPECT_NE(out_.find("seccomp"), std::string::npos);
  run({"sandbox-report", "--json"});
  EXPECT_EQ(status_, 0);
  EXPECT_TRUE(out_.starts_with("{") && out_.ends_with("}\n")) << out_;
}

}  // namespace
}  // namespace sallyport::server
