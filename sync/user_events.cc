#include "sync/user_events.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace sallyport::sync {
namespace {

struct Extent {
  std::uint64_t events = 0;
  std::uint64_t new_bytes = 0;  ///< bytes among the events from `known` on
};

// Nothing if the diff does not decode. Events before `known` (counted from the diff's start) have been handed out
// already.
std::optional<Extent> measure(std::span<const std::byte> diff, std::uint64_t known) {
  Extent extent;
  proto::UserMessageReader reader(diff);
  proto::UserInstruction instruction;
  while (reader.next(instruction)) {
    if (const auto* keystrokes = std::get_if<proto::Keystrokes>(&instruction)) {
      const std::uint64_t after = extent.events + keystrokes->keys.size();
      if (after > known) extent.new_bytes += after - std::max(extent.events, known);
      extent.events = after;
    } else if (std::holds_alternative<proto::SentWindowSize>(instruction)) {
      ++extent.events;
    }
  }
  return reader.ok() ? std::optional(extent) : std::nullopt;
}

// Events from `known` on, at most `room` bytes of input.
UserEvents collect(StateNumber state, std::span<const std::byte> diff, std::uint64_t known, std::uint64_t room) {
  UserEvents events{.state = state, .resize = {}, .bytes = {}};
  events.bytes.reserve(room);
  std::uint64_t position = 0;
  proto::UserMessageReader reader(diff);
  proto::UserInstruction instruction;
  while (reader.next(instruction)) {
    if (const auto* keystrokes = std::get_if<proto::Keystrokes>(&instruction)) {
      const auto keys = keystrokes->keys;
      const std::uint64_t repeated = known - std::min(known, position);
      const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(keys.size(), repeated));
      const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(keys.size() - skip, room));
      const auto fresh = keys.subspan(skip, taken);
      events.bytes.insert(events.bytes.end(), fresh.begin(), fresh.end());
      room -= taken;
      position += keys.size();
    } else if (const auto* size = std::get_if<proto::SentWindowSize>(&instruction)) {
      if (position >= known) {
        const auto within = bounded(*size);
        if (within) events.resize = within;
      }
      ++position;
    }
  }
  return events;
}

}  // namespace

std::optional<WindowSize> bounded(proto::SentWindowSize size) {
  if (size.columns < 1 || size.rows < 1) return std::nullopt;
  WindowSize within{.columns = std::min(static_cast<std::uint32_t>(size.columns), kMaxSideCells),
                    .rows = std::min(static_cast<std::uint32_t>(size.rows), kMaxSideCells)};
  within.rows = std::min(within.rows, kMaxScreenCells / within.columns);
  return within;
}

UserReceiver::Outcome UserReceiver::receive(const proto::TransportInstruction& instruction, std::size_t held_bytes,
                                            TimePoint now) {
  Outcome outcome;
  const std::uint64_t handed_out = states_.last().content.value();
  const auto apply = [&](UserPosition base, const proto::TransportInstruction& received,
                         const Receiver<UserPosition>::State* next) -> std::optional<UserPosition> {
    const std::uint64_t known = handed_out - base.value();  // every held position is at most the newest one's
    const auto extent = measure(received.diff, known);
    if (!extent) return std::nullopt;
    const UserPosition end(base.value() + extent->events);
    // States are prefixes of each other, in the order of their numbers; what contradicts that is no honest sender's.
    if (next != nullptr) return end <= next->content ? std::optional(end) : std::nullopt;
    if (extent->events < known) return std::nullopt;
    std::uint64_t room = extent->new_bytes;
    if (held_bytes > 0 && room > kMaxHeldInputBytes - std::min(held_bytes, kMaxHeldInputBytes)) {
      if (received.new_num != kShutdownState) return std::nullopt;
      room = kMaxHeldInputBytes - std::min(held_bytes, kMaxHeldInputBytes);
    }
    if (extent->events > known) outcome.events = collect(received.new_num, received.diff, known, room);
    return end;
  };
  outcome.arrival = states_.receive(instruction, now, apply);
  return outcome;
}

}  // namespace sallyport::sync
