// Targets: privsep::NetConduct
#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "privsep/net_rules.h"

using namespace sallyport;

// Records of 1 length byte and so many bytes each. Whatever net says: no input before its first contact, none beyond its
// credit, none after Goodbye.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  privsep::NetConduct conduct(privsep::NetPhase::kAnnounced);
  std::size_t unwritten = 0;
  bool contact = false;
  bool goodbye = false;
  for (std::size_t at = 0; at < size;) {
    const std::size_t length = std::min<std::size_t>(data[at], size - at - 1);
    const auto message = privsep::decode<privsep::NetToMonitor>(bytes_of(data + at + 1, length));
    at += 1 + length;
    if (!message || conduct.judge(*message)) return 0;
    CHECK(!goodbye);
    if (const auto* input = std::get_if<privsep::Input>(&*message)) {
      CHECK(contact);
      unwritten += input->bytes.size();
      CHECK(unwritten <= privsep::kInputCreditBytes);
    }
    contact = contact || std::holds_alternative<privsep::FirstContact>(*message);
    goodbye = std::holds_alternative<privsep::Goodbye>(*message);
    if (length % 7 == 3) {
      conduct.give_back(unwritten);
      unwritten = 0;
    }
  }
  return 0;
}
