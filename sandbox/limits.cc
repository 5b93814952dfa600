#include <sys/resource.h>

#include <algorithm>
#include <cerrno>

#include "sandbox/steps.h"

namespace sallyport::sandbox {
namespace {

/// Soft and hard limit to `value`, or to the present hard limit where that is lower; read back.
Result<void, SystemError> set_limit(__rlimit_resource_t resource, rlim_t value) {
  rlimit limit{};
  if (::getrlimit(resource, &limit) < 0) return std::unexpected(SystemError{"getrlimit", errno});
  limit.rlim_max = std::min(limit.rlim_max, value);
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(resource, &limit) < 0) return std::unexpected(SystemError{"setrlimit", errno});
  rlimit now{};
  if (::getrlimit(resource, &now) < 0) return std::unexpected(SystemError{"getrlimit", errno});
  if (now.rlim_cur > value || now.rlim_max > value) return std::unexpected(SystemError{"setrlimit", EPERM});
  return {};
}

}  // namespace

Result<void, SystemError> set_limits(const Policy& policy) {
  TRY_VOID(set_limit(RLIMIT_CORE, 0));
  TRY_VOID(set_limit(RLIMIT_MSGQUEUE, 0));
  TRY_VOID(set_limit(RLIMIT_MEMLOCK, 0));  // what is locked already stays locked
  TRY_VOID(set_limit(RLIMIT_NOFILE, static_cast<rlim_t>(descriptor_end(policy))));
#ifndef SALLYPORT_SANITIZED
  // Shadow memory takes 20 TB of address space.
  TRY_VOID(set_limit(RLIMIT_AS, policy.limits.address_space_bytes));
#endif
  if (!policy.limits.keeps_file_size) TRY_VOID(set_limit(RLIMIT_FSIZE, 0));
  TRY_VOID(set_limit(RLIMIT_NPROC, 0));
  return {};
}

}  // namespace sallyport::sandbox
