#include "client/net/host_states.h"

#include <algorithm>
#include <type_traits>
#include <variant>

#include "proto/host_message.h"
#include "sync/user_events.h"

namespace sallyport::client {
namespace {

namespace messages = privsep::client;

}  // namespace

template <typename Out>
bool HostStates::translate(std::span<const std::byte> diff, Out&& out) {
  const auto put_piece = [&] {
    if (!piece_.empty()) out(messages::HostBytes{piece_});
    wipe(piece_);
    piece_.clear();
  };
  proto::HostMessageReader reader(diff);
  proto::HostInstruction element;
  while (reader.next(element)) {
    if (const auto* host = std::get_if<proto::HostBytes>(&element)) {
      for (auto rest = host->bytes; !rest.empty();) {
        const auto taken = rest.first(std::min(rest.size(), messages::kMaxHostPieceBytes - piece_.size()));
        piece_.insert(piece_.end(), taken.begin(), taken.end());
        rest = rest.subspan(taken.size());
        if (piece_.size() == messages::kMaxHostPieceBytes) put_piece();
      }
    } else if (const auto* sent = std::get_if<proto::SentWindowSize>(&element)) {
      const auto size = sync::bounded(*sent);
      if (!size) continue;
      put_piece();
      const std::uint32_t columns = std::min(size->columns, largest_.columns);
      // The widest window and the highest one need not be the same: together they may be more than a channel carries.
      const std::uint32_t rows = std::min({size->rows, largest_.rows, kMaxScreenCells / columns});
      out(messages::ScreenSize{{columns, rows}});
    } else if (const auto* ack = std::get_if<proto::EchoAck>(&element)) {
      put_piece();
      out(messages::EchoAck{ack->newest});
    }
  }
  put_piece();
  return reader.ok();
}

bool HostStates::accept(const sync::ReceivedState& received) {
  std::size_t cost = 2 * kRecordCostBytes;
  const bool well_formed = translate(received.diff, [&]<typename Message>(const Message& message) {
    cost += kRecordCostBytes;
    if constexpr (std::is_same_v<Message, messages::HostBytes>) cost += message.bytes.size();
  });
  if (!well_formed) ++undecodable_;
  if (!well_formed || !screen_.has_room(cost)) return false;
  screen_.push(messages::Diff{received.base, received.state, received.oldest_kept});
  (void)translate(received.diff, [&](const auto& message) { screen_.push(message); });
  screen_.push(messages::DiffEnd{});
  return true;
}

void HostStates::on_window(WindowSize size) {
  largest_ = {std::max(size.columns, largest_.columns), std::max(size.rows, largest_.rows)};
}

}  // namespace sallyport::client
