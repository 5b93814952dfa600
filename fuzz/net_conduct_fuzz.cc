// Targets: privsep::NetConduct, privsep::decode<NetToMonitor>
// Records of 1 length byte and so many bytes each: the table's verdict on every message, in every phase, is that of a
// plain second reading of the specification, and the credit is what that reading leaves.
#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "fuzz/net_reference.h"
#include "privsep/net_rules.h"

using namespace sallyport;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  privsep::NetConduct conduct(privsep::NetPhase::kAnnounced);
  fuzz::NetReference reference(false);
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    const auto message = privsep::decode<privsep::NetToMonitor>(bytes_of(data + at + 1, length));
    at += 1 + length;
    if (!message) return 0;
    const auto violation = conduct.judge(*message);
    CHECK(violation.has_value() == !reference.allows(*message));
    if (violation) return 0;
    CHECK(conduct.credit() == privsep::kInputCreditBytes - reference.owed());
    if (length % 7 == 3) {
      conduct.give_back(reference.owed());
      reference.consumed(reference.owed());
    }
  }
  return 0;
}
