#include "sandbox/policy.h"

#include <algorithm>
#include <array>

#ifdef SALLYPORT_SANITIZED
#include "sandbox/instrumented/additions.h"
#endif

namespace sallyport::sandbox {

std::span<const Policy* const> all_policies() {
  static const std::array<const Policy*, 7> kAll = {&net_policy(),        &terminal_policy(),   &monitor_policy(),      &client_guard_policy(),
                                                    &client_tty_policy(), &client_net_policy(), &client_screen_policy()};
  return kAll;
}

std::size_t permitted_calls(const Policy& policy) {
  std::size_t calls = 0;
  for (auto row = policy.rows.begin(); row != policy.rows.end(); ++row) {
    calls +=
        std::none_of(policy.rows.begin(), row, [&](const Row& earlier) { return earlier.call == row->call; }) ? 1 : 0;
  }
  return calls;
}

int descriptor_end(const Policy& policy) {
  int end = 0;
  for (const DescriptorRule& rule : policy.descriptors) end = std::max(end, rule.fd.number() + 1);
  return end;
}

std::span<const Row> instrumented_rows() {
#ifdef SALLYPORT_SANITIZED
  return kInstrumentedRows;
#else
  return {};
#endif
}

}  // namespace sallyport::sandbox
