// The login record: its messages, its texts, and the program, run with a file of the test's own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utmpx.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include "base/sys/io.h"
#include "privsep/login_record_messages.h"
#include "pty/pty.h"
#include "server/login_record_text.h"

namespace sallyport::server {
namespace {

using privsep::LoginConnected;
using privsep::LoginRecordMessage;
using privsep::LoginSilent;
using privsep::PeerAddress;

PeerAddress ipv4() { return {PeerAddress::Family::kIpv4, {192, 0, 2, 5}, 60001}; }

TEST(LoginRecordMessages, SurviveTheirEncoding) {
  for (const LoginRecordMessage& message : {LoginRecordMessage(LoginConnected{ipv4()}), LoginRecordMessage(LoginSilent{})}) {
    const auto decoded = privsep::decode_login_record(privsep::encode_login_record(message));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(*decoded, message);
  }
}

TEST(LoginRecordMessages, EveryOtherBytePatternIsAViolation) {
  const auto good = privsep::encode_login_record(LoginConnected{ipv4()});
  auto bad = good;
  bad[0] = std::byte{3};
  EXPECT_EQ(privsep::decode_login_record(bad).error(), privsep::Violation::kUnknownType);
  bad = good;
  bad[1] = std::byte{5};
  EXPECT_FALSE(privsep::decode_login_record(bad));
  for (std::size_t i = 20; i < bad.size(); ++i) {
    bad = good;
    bad[i] = std::byte{1};
    EXPECT_FALSE(privsep::decode_login_record(bad)) << i;
  }
  auto silent = privsep::encode_login_record(LoginSilent{});
  silent[7] = std::byte{1};
  EXPECT_FALSE(privsep::decode_login_record(silent));
}

TEST(LoginRecordText, NamesTheMonitorAndTheNumericAddress) {
  EXPECT_EQ(login_record_text(42), "mosh [42]");
  EXPECT_EQ(login_record_text(42, LoginSilent{}), "mosh [42]");
  EXPECT_EQ(login_record_text(42, LoginConnected{ipv4()}), "192.0.2.5 via mosh [42]");
  PeerAddress mapped{PeerAddress::Family::kIpv6, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, 0, 0, 1}, 1};
  EXPECT_EQ(address_text(mapped), "10.0.0.1");
  PeerAddress ipv6{PeerAddress::Family::kIpv6, {0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 1};
  EXPECT_EQ(address_text(ipv6), "2001:db8::1");
}

class LoginRecordProgram : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "utmp.XXXXXX";
    UniqueFd file(::mkostemp(name.data(), O_CLOEXEC));
    ASSERT_TRUE(file.valid());
    file_ = name;
    auto pty = pty::open_pty({80, 24});
    auto pipe = sys::pipe();
    ASSERT_TRUE(pty && pipe);
    pty_ = std::move(*pty);
    pipe_ = std::move(pipe->writer);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(pipe->reader.borrow().number(), 0);
      ::dup2(pty_.pty_fd.borrow().number(), 1);
      const std::string path = std::string(SERVER_PREFIX) + "/libexec/sallyport/login-record";
      ::execl(path.c_str(), "login-record", "pid=4711", "--record-file", file_.c_str(), nullptr);
      ::_exit(127);
    }
  }
  void TearDown() override {
    pipe_.reset();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
    std::filesystem::remove(file_);
  }

  /// The one record in the file, once its host is `host` and its type `type`.
  bool becomes(const std::string& host, short type) {
    for (int i = 0; i < 3000; ++i) {
      utmpx entry{};
      std::ifstream in(file_, std::ios::binary);
      if (in.read(reinterpret_cast<char*>(&entry), sizeof entry) && entry.ut_type == type &&
          std::string(entry.ut_host, ::strnlen(entry.ut_host, sizeof entry.ut_host)) == host &&
          std::filesystem::file_size(file_) == sizeof entry) {
        const auto path = pty::terminal_path(pty_.pty_fd);
        EXPECT_EQ("/dev/" + std::string(entry.ut_line), *path);
        return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
  }
  void send(const LoginRecordMessage& message) { ASSERT_TRUE(sys::write(pipe_, privsep::encode_login_record(message))); }

  std::string file_;
  pty::Pty pty_;
  UniqueFd pipe_;
  pid_t pid_ = -1;
};

TEST_F(LoginRecordProgram, FollowsTheClientAndRemovesTheRecordAtTheEnd) {
  EXPECT_TRUE(becomes("mosh [4711]", USER_PROCESS));
  send(LoginConnected{ipv4()});
  EXPECT_TRUE(becomes("192.0.2.5 via mosh [4711]", USER_PROCESS));
  send(LoginSilent{});
  EXPECT_TRUE(becomes("mosh [4711]", USER_PROCESS));
  pipe_.reset();
  EXPECT_TRUE(becomes("", DEAD_PROCESS));
}

TEST_F(LoginRecordProgram, EndsAndRemovesTheRecordAfterAnythingElse) {
  EXPECT_TRUE(becomes("mosh [4711]", USER_PROCESS));
  ASSERT_TRUE(sys::write(pipe_, std::array<std::byte, 5>{}));
  EXPECT_TRUE(becomes("", DEAD_PROCESS));
}

TEST_F(LoginRecordProgram, SignalsDoNotLeaveTheRecordBehind) {
  EXPECT_TRUE(becomes("mosh [4711]", USER_PROCESS));
  for (const int signal : {SIGHUP, SIGTERM, SIGINT}) ::kill(pid_, signal);
  send(LoginConnected{ipv4()});
  EXPECT_TRUE(becomes("192.0.2.5 via mosh [4711]", USER_PROCESS));
}

TEST_F(LoginRecordProgram, ClosesThePtyWhenItEnds) {
  EXPECT_TRUE(becomes("mosh [4711]", USER_PROCESS));
  pty_.pty_fd.reset();
  pollfd entry{pty_.tty_fd.borrow().number(), POLLIN, 0};
  EXPECT_EQ(::poll(&entry, 1, 100), 0);
  pipe_.reset();
  EXPECT_EQ(::poll(&entry, 1, 10000), 1);
  EXPECT_NE(entry.revents & POLLHUP, 0);
}

}  // namespace
}  // namespace sallyport::server
