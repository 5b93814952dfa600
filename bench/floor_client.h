// The other ends of the floors: what the same work costs with nothing but what any such program must do.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/unique_fd.h"
#include "bench/client.h"

namespace sallyport::bench {

/// To bench/floor: a datagram is the byte kFloorKeys and what is typed; what comes is output as it is.
class FloorClient final : public Client {
 public:
  explicit FloorClient(std::uint16_t port);
  void type(std::string_view keys) override;
  bool wait_for(std::string_view wanted, TimePoint deadline) override;

 private:
  UniqueFd socket_;
};

/// A program on a pseudoterminal of this process's own, without any server.
class PtyClient final : public Client {
 public:
  explicit PtyClient(const std::string& script);
  ~PtyClient() override;
  void type(std::string_view keys) override;
  bool wait_for(std::string_view wanted, TimePoint deadline) override;

 private:
  UniqueFd pty_fd_;
  pid_t program_ = 0;
  std::string seen_;  ///< the end of what came, which the next read may complete
};

}  // namespace sallyport::bench
