// Targets: sync::UserReceiver, sync::UserStream, sync::InputQueue
// Dictionary: user_fields
// Property: instructions made of one client stream, in any order, base and repetition, hand out exactly its bytes,
// once, in order; arbitrary diffs between them are survived and cost no more than they bring.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "sync/input_queue.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader(bytes_of(data, size));
  const TimePoint now{std::chrono::hours(1)};
  sync::UserStream stream;
  std::vector<sync::UserPosition> states{stream.end()};  // by number
  sync::UserReceiver receiver(now);
  std::string typed;
  std::string arrived;
  std::size_t oldest = 0;  // states before it are forgotten
  while (reader.remaining() >= 3) {
    const auto kind = reader.little_endian<std::uint8_t>();
    const auto a = reader.little_endian<std::uint8_t>();
    const auto b = reader.little_endian<std::uint8_t>();
    if (kind % 4 == 0) {
      const auto bytes = reader.take(std::min<std::size_t>(a % 16, reader.remaining()));
      typed += text_of(bytes);
      stream.append(bytes);
      if (b % 3 == 0) stream.append(WindowSize{a, b});
      states.push_back(stream.end());
      if (b % 5 == 0) {
        oldest += a % (states.size() - oldest);
        stream.forget_before(states[oldest]);
      }
    } else if (kind % 4 == 1) {  // an outsider's diff to a receiver of its own
      sync::UserReceiver other(now);
      const auto diff = reader.take(std::min<std::size_t>(a, reader.remaining()));
      const auto outcome = other.receive({StateNumber(0), StateNumber(1), {}, {}, diff, {}}, 0, now);
      CHECK(!outcome.events || outcome.events->bytes.size() <= diff.size());
      CHECK(!outcome.events || !outcome.events->resize || within_limits(*outcome.events->resize));
    } else {  // the newest state from any base: what a sender of that stream may say
      const std::size_t from = oldest + a % (states.size() - oldest);
      const SecretBytes diff = stream.diff(states[from]);
      const auto outcome = receiver.receive(
          {StateNumber(from), StateNumber(states.size() - 1), {}, StateNumber(from / 2), diff, {}}, 0, now);
      if (outcome.events) arrived += text_of(outcome.events->bytes);
      CHECK(typed.starts_with(arrived));
      if (outcome.arrival == sync::Arrival::kNewest) CHECK(arrived == typed);
    }
  }
  return 0;
}
