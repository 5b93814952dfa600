// What every channel decoder must do: a record either is a violation or decodes to a message that encodes to the same
// bytes, so that there is exactly one record for every message and nothing is silently repaired.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "privsep/codec.h"

namespace sallyport::fuzz {

template <typename Variant>
int decode_encodes_back(const std::uint8_t* data, std::size_t size) {
  const auto record = bytes_of(data, std::min(size, privsep::kMaxElsewhereBytes));
  const auto message = privsep::decode<Variant>(record);
  if (!message) return 0;
  std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes + 64);
  const auto again = std::visit([&](const auto& one) { return privsep::encode(one, buffer); }, *message);
  CHECK(std::equal(record.begin(), record.end(), again.begin(), again.end()));
  return 0;
}

}  // namespace sallyport::fuzz
