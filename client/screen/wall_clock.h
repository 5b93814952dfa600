// The hour of the day where the user sits. Linked by the client's screen program.
#pragma once

#include "client/screen/bar.h"

namespace sallyport::client {

/// Made before the lock-down: it reads the host's time zone then. Afterwards it makes no system call but, on machines
/// where the vDSO does not know the time, clock_gettime.
class SystemWallClock final : public WallClock {
 public:
  SystemWallClock();
  [[nodiscard]] std::int64_t now() const override;
  [[nodiscard]] std::string hour_and_minute(std::int64_t seconds) const override;
};

}  // namespace sallyport::client
