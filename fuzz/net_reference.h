// What net may say to the monitor and when, written once more and plainly from the table of architecture 3: the second
// opinion that harnesses compare privsep::NetConduct and the monitor with.
#pragma once

#include <cstddef>
#include <cstdint>
#include <variant>

#include "privsep/net_monitor.h"

namespace sallyport::fuzz {

class NetReference {
 public:
  /// As the monitor starts: Announce is sent. `ready` if Ready has already come.
  explicit NetReference(bool ready) : ready_(ready) {}

  /// True if an honest net may say this now; it then counts as said.
  bool allows(const privsep::NetToMonitor& message) {
    using namespace privsep;
    if (said_goodbye_) return false;
    if (std::holds_alternative<Log>(message)) return true;
    if (std::holds_alternative<Goodbye>(message)) return said_goodbye_ = true;
    if (std::holds_alternative<Ready>(message)) return !ready_ && (ready_ = true);
    if (std::holds_alternative<FirstContact>(message)) return ready_ && !contact_ && (contact_ = true);
    if (!contact_) return false;
    if (const auto* input = std::get_if<Input>(&message)) {
      if (input->bytes.size() + owed_ > std::size_t{65536} || input->state.value() < input_state_) return false;
      owed_ += input->bytes.size();
      input_state_ = input->state.value();
    }
    if (const auto* resize = std::get_if<NetResize>(&message)) {
      if (resize->state.value() < resize_state_) return false;
      resize_state_ = resize->state.value();
    }
    return true;
  }

  /// So much of the input is in the PTY and may be sent again.
  void consumed(std::size_t bytes) { owed_ -= bytes; }
  /// Input sent and not yet consumed.
  [[nodiscard]] std::size_t owed() const { return owed_; }
  [[nodiscard]] bool contact() const { return contact_; }
  [[nodiscard]] std::uint64_t newest_input() const { return input_state_; }

 private:
  bool ready_;
  bool contact_ = false;
  bool said_goodbye_ = false;
  std::size_t owed_ = 0;
  std::uint64_t input_state_ = 0;
  std::uint64_t resize_state_ = 0;
};

}  // namespace sallyport::fuzz
