// Rules about the sandbox that the source tree itself must keep.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace sallyport::sandbox {
namespace {

namespace fs = std::filesystem;

std::string text_of_file(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Source files below `folder` that contain `text`, as paths from the tree's root.
std::vector<std::string> files_with(const std::string& text, const std::string& folder) {
  std::vector<std::string> found;
  const fs::path root = SALLYPORT_SOURCE_DIR;
  if (!fs::exists(root / folder)) return found;
  for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
    const auto extension = entry.path().extension();
    if (extension != ".cc" && extension != ".h") continue;
    if (text_of_file(entry.path()).find(text) != std::string::npos)
      found.push_back(entry.path().lexically_relative(root));
  }
  return found;
}

TEST(Tree, NoProgramCanLeaveOutALayer) {
  for (const char* folder :
       {"server", "client", "gate", "privsep", "pty", "crypto", "net", "proto", "sync", "terminal", "base"}) {
    EXPECT_EQ(files_with("testing_only", folder), std::vector<std::string>()) << folder;
    EXPECT_EQ(files_with("LeaveOut", folder), std::vector<std::string>()) << folder;
    EXPECT_EQ(files_with("leave_out =", folder), std::vector<std::string>()) << folder;
  }
}

/// taken_away.cc reads from its folder's name what to take away; the words that it looks for give it away.
TEST(Tree, NoInstalledProgramCanLackAPermission) {
  const fs::path build = SALLYPORT_BINARY_DIR;
  const std::string word = "+short-heap";
  const std::pair<const char*, std::vector<const char*>> sides[] = {
      {"tests/taken_away", {"bin/sallyport-server", "libexec/sallyport/net", "libexec/sallyport/terminal"}},
      {"tests/taken_away_client",
       {"bin/sallyport-client", "libexec/sallyport/client-tty", "libexec/sallyport/client-net",
        "libexec/sallyport/client-screen"}}};
  for (const auto& [folder, programs] : sides) {
    for (const char* program : programs) {
      if (!fs::exists(build / program)) GTEST_SKIP() << "skipped: " << program << " is not built";
      EXPECT_EQ(text_of_file(build / program).find(word), std::string::npos) << program;
      const fs::path reduced = build / folder / program;
      EXPECT_TRUE(!fs::exists(reduced) || text_of_file(reduced).find(word) != std::string::npos) << reduced;
    }
  }
}

TEST(Tree, NoEnvironmentVariableReachesTheSandbox) {
  for (const char* word : {"getenv(", "environ[", "environ;"}) {
    for (const std::string& file : files_with(word, "sandbox")) ADD_FAILURE() << file << " has " << word;
  }
}

TEST(Tree, OnlyFilterMakesSeccompPrograms) {
  EXPECT_EQ(files_with("seccomp_init(", "sandbox"), std::vector<std::string>{"sandbox/filter.cc"});
  EXPECT_EQ(files_with("seccomp_init(", "server"), std::vector<std::string>());
}

}  // namespace
}  // namespace sallyport::sandbox
