#include "tests/hostile/wakefulness.h"

#include "base/sys/io.h"

namespace sallyport::hostile {

bool*& internal::woken_place() {
  static bool* place = nullptr;
  return place;
}

#define PPOLL                                                                                                          \
  "_ZN9sallyport3sys5ppollESt4spanI6pollfdLm18446744073709551615EESt8optionalINSt6chrono8durationIlSt5ratioILl1ELl100" \
  "0000EEEEE"

Result<std::size_t, SystemError> real_ppoll(std::span<pollfd> entries,
                                            std::optional<Duration> timeout) asm("__real_" PPOLL);
[[gnu::used]] Result<std::size_t, SystemError> wrap_ppoll(std::span<pollfd> entries,
                                                          std::optional<Duration> timeout) asm("__wrap_" PPOLL);

Result<std::size_t, SystemError> wrap_ppoll(std::span<pollfd> entries, std::optional<Duration> timeout) {
  bool* const woken = internal::woken_place();
  if (woken == nullptr) return real_ppoll(entries, timeout);
  const auto ready = real_ppoll(entries, Duration(0));
  *woken = *woken || (ready && *ready > 0) || (timeout && *timeout <= Duration(0));
  return ready;
}

}  // namespace sallyport::hostile
