#include "sync/chaff.h"

#include <bit>

#include "base/byte_reader.h"
#include "base/byte_writer.h"

namespace sallyport::sync {

ChaffSource::ChaffSource(std::span<const std::byte, 32> seed) {
  ByteReader reader(seed);
  for (std::uint64_t& word : state_) {
    word = reader.little_endian<std::uint64_t>();
  }
  state_[0] |= 1;  // an all-zero state would stay zero
}

std::span<const std::byte> ChaffSource::draw() {
  ByteWriter writer(filler_);
  writer.little_endian(next());
  writer.little_endian(next());
  // spec: wire 5.2, a random byte modulo 17.
  return std::span<const std::byte>(filler_).first((next() >> 56U) % (proto::kMaxChaffBytes + 1));
}

std::uint64_t ChaffSource::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17U;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

}  // namespace sallyport::sync
