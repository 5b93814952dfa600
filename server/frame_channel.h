// Net's end of the channel to the terminal: frame requests go out, the parts of their answers are put together and judged
// (architecture 3). Linked by the net program alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/raw_buffer.h"
#include "privsep/channel.h"
#include "privsep/net_terminal.h"
#include "sync/cursor_keys.h"
#include "sync/state_provider.h"
#include "sync/transport.h"

namespace sallyport::server {

class FrameChannel final : public sync::StateProvider {
 public:
  explicit FrameChannel(privsep::Channel terminal);

  void request_frame(const sync::FrameRequest& request, TimePoint now) override;
  /// The next request says it: nothing older than its acknowledged snapshot is kept.
  void forget(SnapshotId) override {}
  /// Sends what is held back because the channel was full.
  void flush();

  struct News {
    bool dirty = false;
    std::optional<sync::FrameAnswer> frame;  ///< whole; its bytes are borrowed until the next receive()
  };
  /// Handles one record. Nothing if none waits; an error if the terminal is gone or sent what no honest one sends.
  [[nodiscard]] Result<std::optional<News>, privsep::Violation> receive();

  [[nodiscard]] sync::CursorKeyMode cursor_keys() const { return cursor_keys_; }
  [[nodiscard]] BorrowedFd fd() const { return terminal_.fd(); }
  [[nodiscard]] bool wants_to_write() const { return held_.has_value(); }

 private:
  [[nodiscard]] std::optional<privsep::Violation> add_part(const privsep::Frame& part);

  privsep::Channel terminal_;
  std::optional<sync::FrameRequest> held_;
  bool requested_ = false;                   ///< a request is out, its answer not complete
  /// Dirty messages that may still come: one until the next request, and one may cross that request on its way.
  int dirty_allowed_ = 1;
  std::optional<privsep::Frame> header_;     ///< of the answer whose parts are arriving
  std::vector<std::byte> bytes_;
  sync::CursorKeyMode cursor_keys_ = sync::CursorKeyMode::kNormal;
  RawBuffer record_;
};

}  // namespace sallyport::server
