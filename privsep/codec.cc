#include "privsep/codec.h"

#include <array>

namespace sallyport::privsep {

const char* violation_name(Violation violation) {
  static constexpr std::array<const char*, kViolationKinds> kNames = {
      "empty-record", "unknown-type", "wrong-length", "out-of-range",
      "out-of-phase", "over-credit",  "truncated",    "mismatch"};
  const auto index = static_cast<std::size_t>(violation);
  return index < kNames.size() ? kNames[index] : "unknown";
}

}  // namespace sallyport::privsep
