#include "sandbox/inventory.h"

#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/decimal.h"

namespace sallyport::sandbox {
namespace {

bool is_open(BorrowedFd fd) { return ::fcntl(fd.number(), F_GETFD) >= 0; }

int socket_option(BorrowedFd fd, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd.number(), SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool is_unix_socket(BorrowedFd fd, std::initializer_list<int> types) {
  return socket_option(fd, SO_DOMAIN) == AF_UNIX && std::ranges::count(types, socket_option(fd, SO_TYPE)) == 1;
}

bool is_udp(BorrowedFd fd) {
  const int domain = socket_option(fd, SO_DOMAIN);
  return (domain == AF_INET || domain == AF_INET6) && socket_option(fd, SO_TYPE) == SOCK_DGRAM &&
         socket_option(fd, SO_PROTOCOL) == IPPROTO_UDP;
}

bool is_signalfd(BorrowedFd fd, const struct stat& info) {
  std::array<char, 64> target{};
  const std::string path = "/proc/self/fd/" + std::to_string(fd.number());
  const ssize_t n = ::readlink(path.c_str(), target.data(), target.size());
  // Without /proc only its lack of a file type can be seen, which it shares with the other anonymous descriptors.
  if (n < 0) return (info.st_mode & S_IFMT) == 0;
  return std::string_view(target.data(), static_cast<std::size_t>(n)) == "anon_inode:[signalfd]";
}

bool is_pidfd(BorrowedFd fd, const struct stat& info) {
  if (S_ISDIR(info.st_mode)) return false;  // /proc/PID would do for the kernel, not for us
  return ::syscall(SYS_pidfd_send_signal, fd.number(), 0, nullptr, 0U) == 0 || errno == EPERM || errno == ESRCH;
}

/// Numbers of all open descriptors, or nothing if /proc is not there.
std::optional<std::vector<int>> open_descriptors() {
  struct Close {
    void operator()(DIR* folder) const { ::closedir(folder); }
  };
  const std::unique_ptr<DIR, Close> folder(::opendir("/proc/self/fd"));
  if (!folder) return std::nullopt;
  std::vector<int> numbers;
  while (const dirent* entry = ::readdir(folder.get())) {
    const auto number = parse_decimal<unsigned>(entry->d_name);
    if (number && static_cast<int>(*number) != ::dirfd(folder.get())) numbers.push_back(static_cast<int>(*number));
  }
  return numbers;
}

/// The same by looking, up to `end`; what lies beyond is closed.
std::vector<int> probe_descriptors(int end) {
  if (::syscall(SYS_close_range, static_cast<unsigned>(end), ~0U, 0) < 0) {
    for (long fd = end; fd < ::sysconf(_SC_OPEN_MAX); ++fd) ::close(static_cast<int>(fd));
  }
  std::vector<int> numbers;
  for (int fd = 0; fd < end; ++fd) {
    if (is_open(BorrowedFd(fd))) numbers.push_back(fd);
  }
  return numbers;
}

}  // namespace

bool is_of_kind(BorrowedFd fd, DescriptorKind kind) {
  struct stat info {};
  if (::fstat(fd.number(), &info) < 0) return false;
  switch (kind) {
    case DescriptorKind::kNull:
      return S_ISCHR(info.st_mode) && info.st_rdev == makedev(1, 3);
    case DescriptorKind::kChannel:
      return is_unix_socket(fd, {SOCK_SEQPACKET});
    case DescriptorKind::kUnixSocket:
      return is_unix_socket(fd, {SOCK_DGRAM, SOCK_SEQPACKET});
    case DescriptorKind::kUdp:
      return is_udp(fd);
    case DescriptorKind::kPipeWriter:
      return S_ISFIFO(info.st_mode) && (::fcntl(fd.number(), F_GETFL) & O_ACCMODE) == O_WRONLY;
    case DescriptorKind::kPty: {
      unsigned number = 0;
      return S_ISCHR(info.st_mode) && ::ioctl(fd.number(), TIOCGPTN, &number) == 0;
    }
    case DescriptorKind::kSignals:
      return is_signalfd(fd, info);
    case DescriptorKind::kPid:
      return is_pidfd(fd, info);
    case DescriptorKind::kAnnounce:
    case DescriptorKind::kAny:
      break;
  }
  return true;
}

Result<std::optional<BorrowedFd>, SystemError> find_difference(const Policy& policy, InventoryStage stage) {
  auto numbers = open_descriptors();
  if (!numbers) numbers = probe_descriptors(descriptor_end(policy));
  for (const int number : *numbers) {
    const auto declared = std::ranges::any_of(policy.descriptors, [&](const DescriptorRule& rule) {
      return rule.fd.number() == number;
    });
    if (!declared) return BorrowedFd(number);
  }
  for (const DescriptorRule& rule : policy.descriptors) {
    if (rule.presence == Presence::kOptional && !is_open(rule.fd)) continue;
    const bool settled = rule.kind == DescriptorKind::kAnnounce && stage == InventoryStage::kLockDown;
    if (!is_of_kind(rule.fd, settled ? DescriptorKind::kNull : rule.kind)) return rule.fd;
  }
  return std::nullopt;
}

}  // namespace sallyport::sandbox
