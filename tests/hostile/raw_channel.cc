#include "tests/hostile/raw_channel.h"

#include <sys/socket.h>

#include <array>
#include <cstring>

namespace sallyport::hostile {

bool send_raw(BorrowedFd channel, std::string_view record, bool descriptor) {
  iovec part{const_cast<char*>(record.data()), record.size()};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptor) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int zero = 0;
    std::memcpy(CMSG_DATA(header), &zero, sizeof zero);
  }
  return ::sendmsg(channel.number(), &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

}  // namespace sallyport::hostile
