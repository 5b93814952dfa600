// Targets: sync::Sender
// Property: whatever is acknowledged, answered and timed in any order, throwaway <= old <= new, the sent list holds at most 32
// states, one request is outstanding at a time, and a number stands for one content.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "sync/sender.h"

using namespace sallyport;

namespace {

struct World final : sync::StateProvider, sync::InstructionSink {
  void request_frame(const sync::FrameRequest& request, TimePoint) override {
    CHECK(!asked && request.acknowledged <= request.assumed && request.assumed < request.snapshot);
    CHECK(request.acknowledged >= oldest || request.acknowledged == SnapshotId(0));
    asked = request;
  }
  void forget(SnapshotId oldest_kept) override { oldest = oldest_kept; }
  std::size_t transmit(const proto::TransportInstruction& i, TimePoint) override {
    CHECK(i.throwaway_num <= i.old_num && i.old_num <= i.new_num && i.throwaway_num >= throwaway);
    throwaway = i.throwaway_num;
    return 50 + i.diff.size();
  }
  std::optional<sync::FrameRequest> asked;
  SnapshotId oldest;
  StateNumber throwaway;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader(bytes_of(data, size));
  TimePoint now{std::chrono::hours(1)};
  World world;
  net::RttEstimator rtt;
  sync::Sender sender(world, world, rtt, {}, now);
  sender.set_attached(true);
  std::uint64_t version = 0;
  std::uint64_t heard = 0;
  while (reader.remaining() >= 2) {
    const auto kind = reader.little_endian<std::uint8_t>();
    const auto value = reader.little_endian<std::uint8_t>();
    switch (kind % 10) {
      case 0: sender.on_acknowledgment(value == 255 ? kShutdownState : StateNumber(value), now); break;
      case 1: sender.on_dirty(now); break;
      case 2: sender.on_peer_state(value == 255 ? kShutdownState : StateNumber(++heard), value % 2 == 0, now); break;
      case 3: sender.set_attached(value % 4 != 0); break;
      case 4: if (value == 0) sender.start_shutdown(now); break;
      case 5: rtt.sample(static_cast<std::uint16_t>(value * 4)); break;
      case 6: (void)sender.probe(bytes_of(data, value % 3), now); break;
      case 7:
        if (world.asked) {
          const auto request = *std::exchange(world.asked, std::nullopt);
          version += value % 3;
          const auto base = value % 2 == 0 ? request.assumed : request.acknowledged;
          CHECK(sender.on_frame({base, request.snapshot, ContentVersion(version), bytes_of(data, value % 5)}, now) ==
                sync::FrameVerdict::kAccepted);
        }
        break;
      default: now += std::chrono::milliseconds(value * value / 8); break;
    }
    sender.tick(now);
    CHECK(sender.sent().size() >= 1 && sender.sent().size() <= sync::kMaxSentStates);
    CHECK(world.asked.has_value() == sender.frame_outstanding());
  }
  return 0;
}
