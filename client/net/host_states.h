// Received states on their way to screen: the server's HostMessage is decoded here, whole, before the state counts as one, and
// its window sizes are brought within bounds (wire 7.2, 7.4, item 48). Linked by the client's net. Everything in it is the
// server's.
#pragma once

#include <cstdint>
#include <vector>

#include "base/secret_bytes.h"
#include "client/net/screen_queue.h"
#include "sync/client_transport.h"

namespace sallyport::client {

class HostStates final : public sync::ScreenStates {
 public:
  /// Borrows `screen` for its life.
  explicit HostStates(ScreenQueue& screen) : screen_(screen) {}

  bool accept(const sync::ReceivedState& received) override;
  /// The terminal's window has this size now.
  void on_window(WindowSize size);
  /// The largest width and the largest height that a received size may have: those of the windows so far, at least 80x24.
  [[nodiscard]] WindowSize largest() const { return largest_; }

  /// So many instructions were refused because they were none that a server sends.
  [[nodiscard]] std::uint64_t undecodable() const { return undecodable_; }

 private:
  /// Calls `out` with each message that the diff becomes. False: it is not well-formed.
  template <typename Out>
  [[nodiscard]] bool translate(std::span<const std::byte> diff, Out&& out);

  ScreenQueue& screen_;
  WindowSize largest_{80, 24};
  std::uint64_t undecodable_ = 0;
  SecretBytes piece_;  ///< adjacent host bytes, put together
};

}  // namespace sallyport::client
