// Two network namespaces, each with one TUN device and nothing else: what one sends comes out here, and only here. As
// root, or as an ordinary user in a user namespace of his own where he may open the TUN device. All is gone when this
// process ends.
#pragma once

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::bench {

inline constexpr const char* kNearAddress = "10.77.0.1";
inline constexpr const char* kFarAddress = "10.77.0.2";

/// One end. `tun` reads and writes whole IPv4 packets and does not block; `network` is its namespace, for setns(2).
struct TunEnd {
  UniqueFd tun;
  UniqueFd network;
};

struct TunPair {
  TunEnd near_end;  ///< has kNearAddress
  TunEnd far_end;   ///< has kFarAddress
};

/// `tun_path` is /dev/net/tun.
/// Leaves this process in the far namespace.
[[nodiscard]] Result<TunPair, SystemError> make_tun_pair(const char* tun_path);

}  // namespace sallyport::bench
