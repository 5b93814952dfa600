// Raw system calls: Debian 12's linux/landlock.h knows ABI 2 only, and the kernel decides at run time.
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "sandbox/steps.h"

namespace sallyport::sandbox {
namespace {

// The same numbers on every architecture (linux/landlock.h, asm-generic/unistd.h).
constexpr long kCreateRuleset = 444;
constexpr long kRestrictSelf = 446;
constexpr unsigned kAskVersion = 1;

struct RulesetAttributes {
  std::uint64_t handled_access_fs = 0;   // ABI 1
  std::uint64_t handled_access_net = 0;  // ABI 4
  std::uint64_t scoped = 0;              // ABI 6
};

constexpr std::uint64_t bits_below(unsigned count) { return (std::uint64_t{1} << count) - 1; }
constexpr std::uint64_t kScopeAbstractUnix = 1;
constexpr std::uint64_t kScopeSignal = 2;

struct Request {
  RulesetAttributes attributes;
  std::size_t size = 0;  ///< of the attributes that this ABI knows
};

/// Everything that the ABI can deny. ABI 7 adds audit flags, 8 threads: nothing to deny.
Request everything(long abi, SignalRule signals) {
  Request request;
  unsigned file_rights = 13;           // execute to make_sym
  if (abi >= 2) file_rights = 14;      // refer
  if (abi >= 3) file_rights = 15;      // truncate
  if (abi >= 5) file_rights = 16;      // ioctl_dev, of devices opened from now on
  request.attributes.handled_access_fs = bits_below(file_rights);
  request.size = offsetof(RulesetAttributes, handled_access_net);
  if (abi >= 4) {
    request.attributes.handled_access_net = bits_below(2);  // bind_tcp, connect_tcp
    request.size = offsetof(RulesetAttributes, scoped);
  }
  if (abi >= 6) {
    // Scoped signals would break the monitor's: also those to pidfds that it opened before (measured).
    request.attributes.scoped = kScopeAbstractUnix | (signals == SignalRule::kMayNot ? kScopeSignal : 0);
    request.size = sizeof(RulesetAttributes);
  }
  return request;
}

}  // namespace

Result<Ruleset, SystemError> make_ruleset(SignalRule signals) {
  const long abi = ::syscall(kCreateRuleset, nullptr, 0, kAskVersion);
  if (abi < 1) return std::unexpected(SystemError{"landlock_create_ruleset", abi < 0 ? errno : ENOSYS});
  const Request request = everything(abi, signals);
  UniqueFd fd(static_cast<int>(::syscall(kCreateRuleset, &request.attributes, request.size, 0)));
  if (!fd.valid()) return std::unexpected(SystemError{"landlock_create_ruleset", errno});
  return Ruleset{std::move(fd), static_cast<std::uint8_t>(std::min(abi, 255L))};
}

Result<void, SystemError> restrict_to(const Ruleset& ruleset) {
  if (::syscall(kRestrictSelf, ruleset.fd.borrow().number(), 0) < 0) {
    return std::unexpected(SystemError{"landlock_restrict_self", errno});
  }
  return {};
}

}  // namespace sallyport::sandbox
