// A program for spawn_test.cc: writes what it finds itself to be to descriptor 9, as lines, and exits with 7.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

extern char** environ;

namespace {

constexpr int kAnswer = 9;

/// Every descriptor as NUMBER=KIND, in order, without the one that lists them.
std::string descriptors() {
  std::vector<int> numbers;
  DIR* folder = ::opendir("/proc/self/fd");
  while (const dirent* entry = ::readdir(folder)) {
    const int number = std::atoi(entry->d_name);
    if (entry->d_name[0] != '.' && number != ::dirfd(folder)) numbers.push_back(number);
  }
  ::closedir(folder);
  std::sort(numbers.begin(), numbers.end());
  std::string out;
  for (const int number : numbers) {
    struct stat info {};
    ::fstat(number, &info);
    const char* kind = S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3) ? "null"
                       : S_ISFIFO(info.st_mode)                               ? "pipe"
                       : S_ISSOCK(info.st_mode)                               ? "socket"
                                                                              : "other";
    out += (out.empty() ? "" : " ") + std::to_string(number) + "=" + kind;
  }
  return out;
}

std::string signals() {
  sigset_t mask;
  ::sigprocmask(SIG_SETMASK, nullptr, &mask);
  std::string out;
  for (int signal = 1; signal < NSIG; ++signal) {
    struct sigaction action {};
    if (::sigaction(signal, nullptr, &action) == 0 && action.sa_handler != SIG_DFL)
      out += " custom" + std::to_string(signal);
    if (::sigismember(&mask, signal) == 1) out += " blocked" + std::to_string(signal);
  }
  return out.empty() ? "default" : out;
}

std::string namespace_of(const char* name) {
  std::array<char, 64> target{};
  const std::string path = std::string("/proc/self/ns/") + name;
  return ::readlink(path.c_str(), target.data(), target.size() - 1) < 0 ? "?" : target.data();
}

}  // namespace

int main(int argc, char** argv) {
  std::string out;
  for (int i = 0; i < argc; ++i) out += std::string(i == 0 ? "args " : "|") + argv[i];
  int variables = 0;
  while (environ[variables] != nullptr) ++variables;
  out += "\nenvironment " + std::to_string(variables);
  out += "\ndescriptors " + descriptors();
  out += "\nsignals " + signals();
  out += "\nself " + std::to_string(::getpid());
  out += "\nleader " + std::to_string(::getsid(0) == ::getpid() ? 1 : 0);
  std::array<char, 256> folder{};
  out += std::string("\nfolder ") + (::getcwd(folder.data(), folder.size()) != nullptr ? folder.data() : "?");
  for (const char* name : {"user", "net", "mnt", "ipc", "uts", "pid"}) {
    out += std::string("\n") + name + " " + namespace_of(name);
  }
  out += "\n";
  (void)!::write(kAnswer, out.data(), out.size());
  if (argc == 2 && std::string_view(argv[1]) == "trap") __builtin_trap();
  if (argc == 2 && std::string_view(argv[1]) == "wait") {
    for (;;) ::pause();
  }
  return 7;
}
