#include <sys/capability.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <type_traits>

#include "sandbox/steps.h"

namespace sallyport::sandbox {
namespace {

struct Free {
  void operator()(void* object) const { ::cap_free(object); }
};
using Capabilities = std::unique_ptr<std::remove_pointer_t<cap_t>, Free>;

/// Sets exactly these and reads them back.
Result<void, SystemError> set_exactly(const Capabilities& wanted) {
  if (::cap_set_proc(wanted.get()) < 0) return std::unexpected(SystemError{"cap_set_proc", errno});
  const Capabilities now(::cap_get_proc());
  if (!now) return std::unexpected(SystemError{"cap_get_proc", errno});
  if (::cap_compare(now.get(), wanted.get()) != 0) return std::unexpected(SystemError{"cap_set_proc", EPERM});
  return {};
}

}  // namespace

bool empty_bounding_set() {
  bool empty = true;
  for (cap_value_t value = 0; value < ::cap_max_bits(); ++value) {
    if (::cap_get_bound(value) == 1 && ::cap_drop_bound(value) < 0) empty = false;
  }
  return empty;
}

Result<void, SystemError> clear_capabilities(SignalRule signals) {
  const Capabilities wanted(::cap_init());
  if (!wanted) return std::unexpected(SystemError{"cap_init", errno});
  if (signals == SignalRule::kMaySignal && ::geteuid() == 0) {
    // Root's monitor ends compartments of another user id by their pidfd.
    const cap_value_t kill = CAP_KILL;
    ::cap_set_flag(wanted.get(), CAP_PERMITTED, 1, &kill, CAP_SET);
    ::cap_set_flag(wanted.get(), CAP_EFFECTIVE, 1, &kill, CAP_SET);
    if (set_exactly(wanted)) return {};
    ::cap_clear(wanted.get());  // a container's root may not have it
  }
  return set_exactly(wanted);
}

}  // namespace sallyport::sandbox
