// How a session ended, in words for the user (command line 2.8, section 5). Linked by guard alone. Never allocates: it
// is used after the lock-down.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/sys/process.h"
#include "privsep/client_guard.h"

namespace sallyport::client {

/// Text being put together in a fixed buffer; what does not fit is cut.
class FixedText {
 public:
  FixedText& text(std::string_view words);
  FixedText& number(std::uint64_t value);
  [[nodiscard]] std::string_view view() const { return {buffer_.data(), used_}; }

 private:
  std::array<char, 2048> buffer_{};
  std::size_t used_ = 0;
};

enum class Compartment : std::uint8_t { kTty, kNet, kScreen };

/// All that the last words depend on.
struct Ending {
  privsep::client::Done done;
  /// The compartment that ended first without having been told to, and how, if any did and the kernel said.
  std::optional<Compartment> broken;
  std::optional<sys::ExitStatus> status;
  bool hung = false;  ///< tty did not answer any more, and was ended
  std::string_view address;
  std::uint16_t port = 0;
  bool has_ipv4 = false;
  bool has_ipv6 = false;
};

struct LastWords {
  FixedText errors;  ///< for standard error, before `[mosh is exiting.]` on standard output
  int exit_status = 1;
};
[[nodiscard]] LastWords last_words(const Ending& ending);

/// What a compartment's exit status means before the session began; null if nothing in particular.
[[nodiscard]] const char* exit_words(int exit_status);

}  // namespace sallyport::client
