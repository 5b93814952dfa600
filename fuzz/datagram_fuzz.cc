// Targets: net::PacketLayer, crypto::DatagramCipher
// Any UDP payload, by somebody who never has the key: it must be dropped without a trace. What this reaches is the
// code that is reachable before authentication.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "net/packet.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::array<std::byte, crypto::kKeyBytes> random{};
  for (std::size_t i = 0; i < random.size(); ++i) random[i] = static_cast<std::byte>(i * 73 + 41);
  net::PacketLayer server(crypto::SessionKey::from_random(random), crypto::Direction::kToClient);
  std::array<std::byte, crypto::kMaxDatagramBytes> out{};
  const TimePoint now(std::chrono::seconds(1000));
  const auto packet = server.open(bytes_of(data, size), net::Ecn::kCongestionExperienced, now, out);
  CHECK(!packet.has_value());
  const auto expected = size < crypto::kSealOverheadBytes  ? crypto::DropReason::kTooShort
                        : size > crypto::kMaxDatagramBytes ? crypto::DropReason::kTooLong
                                                           : crypto::DropReason::kNotAuthentic;
  CHECK(packet.error() == expected);
  CHECK(std::ranges::all_of(out, [](std::byte b) { return b == std::byte{0}; }));
  CHECK(!server.last_heard().has_value() && !server.rtt().has_sample());
  return 0;
}
