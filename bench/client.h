// The other end of a session under measurement: it types and sees what comes. Over the wire protocol (wire_client.h),
// or as bare as what it is compared with (floor_client.h).
#pragma once

#include <string_view>

#include "base/clock.h"

namespace sallyport::bench {

class Client {
 public:
  Client() = default;
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  virtual ~Client() = default;

  /// Types `keys` now. The first call also makes contact.
  virtual void type(std::string_view keys) = 0;
  /// Handles what comes until `deadline` or until output that contains `wanted` has come (any, if empty). True if it
  /// came.
  virtual bool wait_for(std::string_view wanted, TimePoint deadline) = 0;
  /// Ends the session if the protocol can.
  virtual void leave() {}

  [[nodiscard]] TimePoint now() const { return clock_.now(); }
  /// Handles what comes for so long.
  void rest(Duration length) { (void)wait_for("\xFF never sent", now() + length); }

 private:
  SystemClock clock_;
};

}  // namespace sallyport::bench
