// A server's side of the screen: what it shows, and how it tells. For tests of the client's screen.
#pragma once

#include <optional>
#include <string_view>

#include "terminal/display.h"
#include "terminal/emulator.h"
#include "tests/client_screen/screen_rig.h"

namespace sallyport::client::testing {

/// A server's side: what it shows, and the host bytes from one screen to the next.
class Server {
 public:
  explicit Server(WindowSize size = kUsualWindow) : emulator_(size), last_(emulator_.blank_framebuffer(size)) {}
  void print(std::string_view bytes) { emulator_.write(bytes_of(bytes)); }
  void resize(WindowSize size) { emulator_.resize(size); }
  [[nodiscard]] const terminal::Framebuffer& screen() const { return emulator_.framebuffer(); }
  /// Sends the next state.
  void send(ScreenRig& rig) {
    terminal::DiffBuffer out;
    (void)display_.write(last_, screen(), terminal::Receiver::kShowsBase, out);
    const bool resized = last_.size() != screen().size();
    rig.state(state_, state_ + 1, text_of(out.bytes()), resized ? std::optional(screen().size()) : std::nullopt,
              state_);
    ++state_;
    last_ = screen();
  }
  void prints(ScreenRig& rig, std::string_view bytes) {
    print(bytes);
    send(rig);
  }

 private:
  terminal::Emulator emulator_;
  terminal::Display display_;
  terminal::Framebuffer last_;
  std::uint64_t state_ = 0;
};

}  // namespace sallyport::client::testing
