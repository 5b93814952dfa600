// A program for namespaces_test.cc: reaches for one thing of the host and exits with 0, or with the errno of the
// failure. Usage: namespace_probe process PID | tcp PORT | abstract NAME | memory KEY
#include <netinet/in.h>
#include <signal.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <string_view>

namespace {

long reach(std::string_view what, const char* value) {
  const int number = std::atoi(value);
  if (what == "process") return ::kill(number, 0);
  if (what == "memory") return ::shmget(number, 0, 0);
  if (what == "tcp") {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(number));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::connect(::socket(AF_INET, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  }
  const std::string_view name = value;
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::ranges::copy(name, address.sun_path + 1);
  return ::connect(::socket(AF_UNIX, SOCK_STREAM, 0), reinterpret_cast<const sockaddr*>(&address),
                   static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size()));
}

}  // namespace

int main(int argc, char** argv) { ::_exit(argc == 3 && reach(argv[1], argv[2]) >= 0 ? 0 : errno); }
