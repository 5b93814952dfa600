// What a client shows: the server's screens by state number, each made from the one that its diff names, and the
// comparison of the newest with what the program printed.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "proto/transport_instruction.h"
#include "terminal/emulator.h"

namespace sallyport::bench {

class ShownScreen {
 public:
  explicit ShownScreen(WindowSize window);
  /// Makes a state from its diff. An unknown base, which no server names, counts as a fault.
  void apply(const proto::TransportInstruction& instruction);
  /// The newest state's row of the cursor, up to the cursor.
  [[nodiscard]] std::string text_before_cursor() const;
  /// What differs between the newest state and the screen that `printed` leaves on a blank one, in words; empty if
  /// nothing does. What a stock client cannot show (terminal 4.7) does not count.
  [[nodiscard]] std::string difference(std::string_view printed) const;

 private:
  WindowSize window_;
  terminal::Emulator emulator_;
  std::map<std::uint64_t, terminal::Framebuffer> states_;
  int faults_ = 0;
};

}  // namespace sallyport::bench
