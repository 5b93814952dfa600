// How many device replies the terminal may cause: one per introducer byte (0x1B) that went by in HostOutput, at most 32,
// forgotten after a second (architecture 3). Linked by the monitor. No system call, no allocation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/clock.h"

namespace sallyport::privsep {

class ReplyCredit {
 public:
  static constexpr std::uint32_t kMost = 32;                              // ours: architecture 3
  static constexpr Duration kForgottenAfter = std::chrono::seconds(1);  // ours: architecture 3

  /// `output` is on its way to the terminal.
  void passed(std::span<const std::byte> output, TimePoint now) {
    const auto introducers = std::count(output.begin(), output.end(), std::byte{0x1B});
    if (introducers == 0) return;
    if (now - last_ > kForgottenAfter) credit_ = 0;
    credit_ = static_cast<std::uint32_t>(std::min<std::ptrdiff_t>(kMost, credit_ + introducers));
    last_ = now;
  }

  /// Takes one credit; false if there is none, and the reply must be dropped.
  [[nodiscard]] bool take(TimePoint now) {
    if (credit_ == 0 || now - last_ > kForgottenAfter) return false;
    --credit_;
    return true;
  }

 private:
  std::uint32_t credit_ = 0;
  TimePoint last_{};
};

}  // namespace sallyport::privsep
