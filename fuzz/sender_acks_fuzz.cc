// Targets: sync::Sender
// Property: in any order of events, throwaway <= old <= new, throwaway never decreases, at most 32 states are held,
// and one request is outstanding at a time.
#include <optional>
#include <utility>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "sync/sender.h"

using namespace sallyport;
namespace {
struct World final : sync::StateProvider, sync::InstructionSink {
  void request_frame(const sync::FrameRequest& request, TimePoint) override {
    CHECK(!asked && request.acknowledged <= request.assumed && request.assumed < request.snapshot);
    asked = request;
  }
  void forget(SnapshotId) override {}
  std::size_t transmit(const proto::TransportInstruction& i, TimePoint) override {
    CHECK(i.throwaway_num <= i.old_num && i.old_num <= i.new_num && i.throwaway_num >= throwaway);
    throwaway = i.throwaway_num;
    return 50 + i.diff.size();
  }
  std::optional<sync::FrameRequest> asked;
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
  for (std::uint64_t version = 0, heard = 0; reader.remaining() >= 2;) {
    const auto kind = reader.little_endian<std::uint8_t>() % 10;
    const auto value = reader.little_endian<std::uint8_t>();
    if (kind == 0) sender.on_acknowledgment(value == 255 ? kShutdownState : StateNumber(value), now);
    if (kind == 1) sender.on_dirty(now);
    if (kind == 2) sender.on_peer_state(value == 255 ? kShutdownState : StateNumber(++heard), value % 2 == 0, now);
    if (kind == 3) sender.set_attached(value % 4 != 0);
    if (kind == 4 && value == 0) sender.start_shutdown(now);
    if (kind == 5) rtt.sample(static_cast<std::uint16_t>(value * 4));
    if (kind == 6) (void)sender.probe(bytes_of(data, value % 3), now);
    if (kind == 7 && world.asked) {
      const auto request = *std::exchange(world.asked, std::nullopt);
      const auto base = value % 2 == 0 ? request.assumed : request.acknowledged;
      version += value % 3;
      const auto diff = bytes_of(data, value % 5);
      const auto verdict = sender.on_frame({base, request.snapshot, ContentVersion(version), diff}, now);
      CHECK(verdict == sync::FrameVerdict::kAccepted);
    }
    if (kind > 7) now += std::chrono::milliseconds(value * value / 8);
    sender.tick(now);
    CHECK(sender.sent().size() >= 1 && sender.sent().size() <= sync::kMaxSentStates);
    CHECK(world.asked.has_value() == sender.frame_outstanding());
  }
  return 0;
}
