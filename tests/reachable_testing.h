// A copy of a test's program where every user can reach it: the build folder may lie in a home that only its owner may enter,
// and some tests give up their identity. Made when the test program starts, gone when it ends.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace sallyport::testing {

class ReachableCopy {
 public:
  explicit ReachableCopy(const char* program) : owner_(::getpid()) {
    std::string folder = std::filesystem::temp_directory_path() / "sallyport-test-XXXXXX";
    if (::mkdtemp(folder.data()) == nullptr) std::abort();
    folder_ = folder;
    const auto everybody = std::filesystem::perms(0755);
    std::filesystem::permissions(folder_, everybody);
    std::filesystem::copy_file(program, folder_ / "program");
    std::filesystem::permissions(folder_ / "program", everybody);
    path_ = folder_ / "program";
  }
  ReachableCopy(const ReachableCopy&) = delete;
  ReachableCopy& operator=(const ReachableCopy&) = delete;
  ~ReachableCopy() {
    std::error_code ignored;
    if (::getpid() == owner_) std::filesystem::remove_all(folder_, ignored);
  }
  [[nodiscard]] const char* path() const { return path_.c_str(); }

 private:
  pid_t owner_;
  std::filesystem::path folder_;
  std::string path_;
};

}  // namespace sallyport::testing
