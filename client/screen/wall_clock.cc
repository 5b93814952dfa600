#include "client/screen/wall_clock.h"

#include <time.h>

#include <chrono>

namespace sallyport::client {

// The C library reads the zone's file the first time that localtime_r is called, and keeps it.
SystemWallClock::SystemWallClock() { (void)hour_and_minute(now()); }

std::int64_t SystemWallClock::now() const {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::string SystemWallClock::hour_and_minute(std::int64_t seconds) const {
  const ::time_t time = seconds;
  ::tm local{};
  if (::localtime_r(&time, &local) == nullptr) return "?";
  // Not strftime: it looks at the environment again, and perhaps at the zone's file.
  const auto digits = [](int number) {
    return std::string{static_cast<char>('0' + number / 10), static_cast<char>('0' + number % 10)};
  };
  return digits(local.tm_hour) + ':' + digits(local.tm_min);
}

}  // namespace sallyport::client
