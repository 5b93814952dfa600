// A record that carries a descriptor (SCM_RIGHTS), which no honest end of a channel sends.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstring>
#include <string_view>

namespace sallyport::testing {

/// sendmsg's answer. Never blocks, never raises SIGPIPE.
inline ssize_t send_descriptor(int socket, std::string_view record, int passed) {
  iovec part{const_cast<char*>(record.data()), record.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  cmsghdr* const header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &passed, sizeof passed);
  return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace sallyport::testing
