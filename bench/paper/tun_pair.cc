#include "bench/paper/tun_pair.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::bench {
namespace {

constexpr std::string_view kDevice = "path0";

std::unexpected<SystemError> failed(const char* call) { return std::unexpected(SystemError{call, errno}); }

Result<UniqueFd, SystemError> open_file(const char* path, int flags) {
  UniqueFd file(::open(path, flags | O_CLOEXEC));
  if (!file.valid()) return failed(path);
  return file;
}

Result<void, SystemError> write_file(const char* path, std::string_view text) {
  const UniqueFd file = TRY(open_file(path, O_WRONLY));
  TRY(sys::write(file, bytes_of(text)));
  return {};
}

/// A user namespace in which this process may make networks and stays who it is.
Result<void, SystemError> enter_user_namespace() {
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER) != 0) return failed("unshare");
  TRY_VOID(write_file("/proc/self/uid_map", user + " " + user + " 1"));
  TRY_VOID(write_file("/proc/self/setgroups", "deny"));
  return write_file("/proc/self/gid_map", group + " " + group + " 1");
}

ifreq request_for(std::string_view device) {
  ifreq request{};
  device.copy(request.ifr_name, IFNAMSIZ - 1);
  return request;
}

Result<void, SystemError> set_address(BorrowedFd socket, unsigned long what, const char* address) {
  ifreq request = request_for(kDevice);
  sockaddr_in in{};
  in.sin_family = AF_INET;
  ::inet_pton(AF_INET, address, &in.sin_addr);
  std::memcpy(&request.ifr_addr, &in, sizeof in);
  if (::ioctl(socket.number(), what, &request) != 0) return failed("ioctl of an address");
  return {};
}

Result<void, SystemError> switch_on(BorrowedFd socket, std::string_view device) {
  ifreq request = request_for(device);
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  if (::ioctl(socket.number(), SIOCSIFFLAGS, &request) != 0) return failed("ioctl SIOCSIFFLAGS");
  return {};
}

/// Makes a namespace, enters it, and puts one end there.
Result<TunEnd, SystemError> make_end(const char* tun_path, const char* own, const char* other) {
  if (::unshare(CLONE_NEWNET) != 0) return failed("unshare");
  TunEnd end{.tun = TRY(open_file(tun_path, O_RDWR | O_NONBLOCK)),
             .network = TRY(open_file("/proc/self/ns/net", O_RDONLY))};
  ifreq request = request_for(kDevice);
  request.ifr_flags = IFF_TUN | IFF_NO_PI;
  if (::ioctl(end.tun.borrow().number(), TUNSETIFF, &request) != 0) return failed("ioctl TUNSETIFF");
  const UniqueFd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.valid()) return failed("socket");
  TRY_VOID(set_address(socket, SIOCSIFADDR, own));
  TRY_VOID(set_address(socket, SIOCSIFDSTADDR, other));
  TRY_VOID(switch_on(socket, kDevice));
  TRY_VOID(switch_on(socket, "lo"));
  return end;
}

}  // namespace

Result<TunPair, SystemError> make_tun_pair(const char* tun_path) {
  if (::geteuid() != 0) TRY_VOID(enter_user_namespace());
  TunEnd near_end = TRY(make_end(tun_path, kNearAddress, kFarAddress));
  TunEnd far_end = TRY(make_end(tun_path, kFarAddress, kNearAddress));
  return TunPair{.near_end = std::move(near_end), .far_end = std::move(far_end)};
}

}  // namespace sallyport::bench
