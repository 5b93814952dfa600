// Targets: sync::Receiver
// Property: the list stays ordered, bounded and non-empty, and the highest number never decreases.
#include <cstddef>
#include <cstdint>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "sync/receiver.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader(bytes_of(data, size));
  TimePoint now{std::chrono::hours(1)};
  sync::Receiver<int> receiver(0, now);
  while (reader.remaining() >= 5) {
    // Small numbers, so that they meet; 255 stands for the shutdown.
    const auto number = [&] {
      const auto value = reader.little_endian<std::uint8_t>();
      return value == 255 ? kShutdownState : StateNumber(value);
    };
    const StateNumber from = number();
    const StateNumber to = number();
    const StateNumber throwaway = number();
    const bool refuse = reader.little_endian<std::uint8_t>() % 8 == 0;
    now += std::chrono::milliseconds(reader.little_endian<std::uint8_t>() * 100);
    const StateNumber newest = receiver.last().num;
    const std::size_t held = receiver.size();
    const auto arrival = receiver.receive(
        {from, to, {}, throwaway, {}, {}}, now, [&](int base, const proto::TransportInstruction&, const auto* next) {
          CHECK(next == nullptr || next->num > to);
          return refuse ? std::nullopt : std::optional<int>(base + 1);
        });
    CHECK(receiver.size() >= 1 && receiver.size() <= held + 1 && receiver.size() <= sync::kMaxReceivedStates + 258);
    CHECK(receiver.first().num <= receiver.last().num && receiver.last().num >= newest);
    CHECK((arrival == sync::Arrival::kNewest) == (receiver.last().num > newest));
    if (arrival == sync::Arrival::kRefused || arrival == sync::Arrival::kInconsistent) CHECK(receiver.size() == held);
  }
  return 0;
}
