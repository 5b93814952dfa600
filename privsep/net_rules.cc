#include "privsep/net_rules.h"

#include <algorithm>
#include <variant>

#include "base/check.h"

namespace sallyport::privsep {
namespace {

bool permitted(std::uint8_t type, NetPhase phase) {
  for (const NetRule& rule : kFromNet) {
    if (rule.type != type) continue;
    switch (phase) {
      case NetPhase::kAnnounced: return rule.announced;
      case NetPhase::kReady: return rule.ready;
      case NetPhase::kRunning: return rule.running;
      case NetPhase::kOver: return false;
    }
  }
  return false;
}

}  // namespace

std::optional<Violation> NetConduct::judge(const NetToMonitor& message) {
  const auto type = std::visit([](const auto& m) { return static_cast<std::uint8_t>(m.kType); }, message);
  if (!permitted(type, phase_)) return Violation::kOutOfPhase;
  // The once-only kinds leave the phase that permits them, so that a second one is out of phase.
  if (std::holds_alternative<Ready>(message)) {
    phase_ = NetPhase::kReady;
  } else if (std::holds_alternative<FirstContact>(message)) {
    phase_ = NetPhase::kRunning;
  } else if (std::holds_alternative<Goodbye>(message)) {
    phase_ = NetPhase::kOver;
  } else if (const auto* input = std::get_if<Input>(&message)) {
    if (input->bytes.size() > credit_) return Violation::kOverCredit;
    if (input->state < newest_input_) return Violation::kOutOfRange;
    credit_ -= input->bytes.size();
    newest_input_ = input->state;
  } else if (const auto* resize = std::get_if<NetResize>(&message)) {
    // A resize may overtake input that waits for credit: each kind has its own order.
    if (resize->state < newest_resize_) return Violation::kOutOfRange;
    newest_resize_ = resize->state;
  }
  return std::nullopt;
}

void NetConduct::give_back(std::size_t bytes) {
  CHECK(bytes <= kInputCreditBytes - credit_);
  credit_ += bytes;
}

}  // namespace sallyport::privsep
