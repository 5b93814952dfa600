// What the stand-ins for net and terminal share: the folder that they lie in, and notes left there for the test.
#pragma once

#include <dirent.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <set>
#include <string>

namespace sallyport::testing {

/// The stand-in's own folder. Its working directory is /, and /proc may not show its own pid: AT_EXECFN is no help under
/// execveat either, so the link is read.
inline std::string own_folder() {
  std::array<char, 4096> path{};
  if (::readlink("/proc/self/exe", path.data(), path.size() - 1) < 0) return "/";
  const std::string text(path.data());
  return text.substr(0, text.rfind('/'));
}

inline std::string first_line(const std::string& path) {
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);
  return line;
}

inline std::set<int> open_descriptors() {
  std::set<int> numbers;
  for (int fd = 0; fd < 256; ++fd) {
    std::array<char, 64> name{};
    if (::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), name.data(), name.size() - 1) > 0) numbers.insert(fd);
  }
  return numbers;
}

/// Arguments, one a line, then "fds" and the descriptors.
inline void write_lines(const std::string& path, const std::set<int>& descriptors, int argc, char** argv) {
  std::ofstream out(path);
  for (int i = 1; i < argc; ++i) out << argv[i] << '\n';
  out << "fds";
  for (const int fd : descriptors) out << ' ' << fd;
  out << std::endl;
}

}  // namespace sallyport::testing
