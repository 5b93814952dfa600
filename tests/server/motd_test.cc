#include "server/motd.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utmpx.h>

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/sys/io.h"

namespace sallyport::server {
namespace {

class Motd : public ::testing::Test {
 protected:
  Motd() {
    std::string name = ::testing::TempDir() + "motd.XXXXXX";
    folder_ = ::mkdtemp(name.data());
    paths_ = {{folder_ + "/run", folder_ + "/var"}, folder_ + "/etc", folder_ + "/utmp", folder_ + "/dev"};
    std::filesystem::create_directories(folder_ + "/dev/pts");
    std::filesystem::create_directories(folder_ + "/home");
  }
  ~Motd() override { std::filesystem::remove_all(folder_); }

  void file(const std::string& name, const std::string& text) const { std::ofstream(folder_ + "/" + name) << text; }

  void record(const std::string& line, const std::string& user, const std::string& host, short type = USER_PROCESS,
              bool with_device = true) const {
    utmpx entry{};
    entry.ut_type = type;
    std::memcpy(entry.ut_line, line.data(), std::min(line.size(), sizeof entry.ut_line));
    std::memcpy(entry.ut_user, user.data(), std::min(user.size(), sizeof entry.ut_user));
    std::memcpy(entry.ut_host, host.data(), std::min(host.size(), sizeof entry.ut_host));
    std::ofstream(paths_.login_records, std::ios::app | std::ios::binary).write(reinterpret_cast<const char*>(&entry), sizeof entry);
    if (with_device) file("dev/" + line, "");
  }

  std::string greeting() const {
    const std::string out = folder_ + "/out";
    std::FILE* stream = std::fopen(out.c_str(), "w");
    greet(BorrowedFd(::fileno(stream)), paths_, folder_ + "/home", "me", "mosh [7]");
    std::fclose(stream);
    std::stringstream text;
    text << std::ifstream(out).rdbuf();
    return text.str();
  }

  std::string folder_;
  GreetingPaths paths_;
};

TEST_F(Motd, ShowsTheFirstDynamicOneAndThenTheStaticOne) {
  file("var", "dynamic of var\n");
  file("etc", "static\n");
  EXPECT_EQ(greeting(), "dynamic of var\nstatic\n");
  file("run", std::string("bytes \0\x1b[1m\xff", 12));
  EXPECT_EQ(greeting(), std::string("bytes \0\x1b[1m\xff", 12) + "static\n");
}

TEST_F(Motd, MissingFilesAreSilent) { EXPECT_EQ(greeting(), ""); }

TEST_F(Motd, HushloginOfAnyKindSilencesEverything) {
  file("etc", "static\n");
  record("pts/1", "me", "mosh [11]");
  ASSERT_NE(greeting(), "");
  ASSERT_EQ(::symlink("/no/such", (folder_ + "/home/.hushlogin").c_str()), 0);
  EXPECT_EQ(greeting(), "");
}

TEST_F(Motd, NeverWaitsForAPipeAndNeverShowsMoreThanItsBound) {
  ASSERT_EQ(::mkfifo((folder_ + "/run").c_str(), 0600), 0);
  file("etc", std::string(kMaxMotdBytes * 2, 'x'));
  EXPECT_EQ(greeting().size(), kMaxMotdBytes);
}

TEST_F(Motd, OneDetachedSessionIsNamedInItsLine) {
  record("pts/1", "me", "mosh [4711]");
  EXPECT_EQ(greeting(),
            "\x1b[37;44mMosh: You have a detached Mosh session on this server (mosh [4711]).\x1b[0m\nTo end it: kill PID\n\n");
}

TEST_F(Motd, SeveralDetachedSessionsAreCountedAndListed) {
  record("pts/1", "me", "mosh [11]");
  record("pts/2", "me", "mosh [12]");
  const std::string text = greeting();
  EXPECT_NE(text.find(" 2 detached Mosh sessions"), std::string::npos);
  EXPECT_NE(text.find("- mosh [11]\n"), std::string::npos);
  EXPECT_NE(text.find("- mosh [12]\n"), std::string::npos);
}

TEST_F(Motd, OnlyDetachedSessionsOfTheSameUserOnLivingTerminalsCount) {
  record("pts/1", "me", "mosh [7]");                        // this session
  record("pts/2", "you", "mosh [12]");                      // another user
  record("pts/3", "me", "10.0.0.1 via mosh [13]");          // connected
  record("pts/4", "me", "mosh [14]", DEAD_PROCESS);         // over
  record("pts/5", "me", "mosh [15]", USER_PROCESS, false);  // terminal gone
  record("../run", "me", "mosh [16]", USER_PROCESS, false); // no terminal
  record("pts/7", "me", "mosh \x1b[31m [17]");              // whose text is not ours
  record("pts/8", "me", "mosh [18] ");
  file("run", "");
  EXPECT_EQ(greeting(), "");
}

TEST_F(Motd, TruncatedAndOversizedRecordFilesAreReadWithinBounds) {
  record("pts/1", "me", "mosh [11]");
  std::filesystem::resize_file(paths_.login_records, sizeof(utmpx) - 1);
  EXPECT_EQ(greeting(), "");
  std::filesystem::resize_file(paths_.login_records, 0);
  std::filesystem::resize_file(paths_.login_records, kMaxLoginRecords * sizeof(utmpx));
  record("pts/1", "me", "mosh [11]");
  EXPECT_EQ(greeting(), "");
}

}  // namespace
}  // namespace sallyport::server
