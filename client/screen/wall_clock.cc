#include "client/screen/wall_clock.h"

#include <time.h>

#include <array>
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
  std::array<char, 8> text{};
  if (::localtime_r(&time, &local) == nullptr) return "?";
  return {text.data(), ::strftime(text.data(), text.size(), "%H:%M", &local)};
}

}  // namespace sallyport::client
