#include "tests/sync/stock_peer.h"

namespace sallyport::sync::sim {

std::string StockUserStream::diff_from(const StockUserStream& older) const {
  ClientBuffers::UserMessage message;
  bool run = false;
  for (std::size_t i = older.events.size(); i < events.size(); ++i) {
    if (events[i] < 256) {
      if (!run) message.add_instruction()->mutable_keystroke();
      run = true;
      auto* keys = message.mutable_instruction(message.instruction_size() - 1)->mutable_keystroke()->mutable_keys();
      keys->push_back(static_cast<char>(events[i]));
    } else {
      run = false;
      auto* resize = message.add_instruction()->mutable_resize();
      resize->set_width(static_cast<std::int32_t>((events[i] - 256) >> 16U));
      resize->set_height(static_cast<std::int32_t>((events[i] - 256) & 0xFFFFU));
    }
  }
  return message.SerializeAsString();
}

bool StockUserStream::apply(std::span<const std::byte> diff) {
  ClientBuffers::UserMessage message;
  if (!message.ParseFromString(std::string(text_of(diff)))) return false;
  for (const auto& instruction : message.instruction()) {
    if (instruction.has_keystroke()) type(instruction.keystroke().keys());
    if (!instruction.has_resize()) continue;
    resize(static_cast<std::uint64_t>(instruction.resize().width()),
           static_cast<std::uint64_t>(instruction.resize().height()));
  }
  return true;
}

}  // namespace sallyport::sync::sim
