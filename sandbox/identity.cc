#include <grp.h>
#include <pwd.h>
#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <memory>
#include <string_view>

#include "sandbox/steps.h"

namespace sallyport::sandbox {
namespace {

constexpr std::string_view kAccount = "_sallyport";
constexpr uid_t kNobodyId = 65534;  // compat: the kernel's overflow id, "nobody" everywhere

struct Ids {
  uid_t user = kNobodyId;
  gid_t group = kNobodyId;
  Identity identity = Identity::kNobody;
};

/// Reads /etc/passwd itself: a system account is local, and the name service would load libraries and open sockets.
Ids find_ids() {
  struct Close {
    void operator()(std::FILE* file) const { (void)std::fclose(file); }
  };
  const std::unique_ptr<std::FILE, Close> file(std::fopen("/etc/passwd", "re"));
  if (!file) return {};
  while (const passwd* entry = ::fgetpwent(file.get())) {
    if (entry->pw_name == kAccount && entry->pw_uid != 0 && entry->pw_gid != 0) {
      return {entry->pw_uid, entry->pw_gid, Identity::kDedicated};
    }
  }
  return {};
}

}  // namespace

Result<Identity, SystemError> take_identity() {
  if (::geteuid() != 0) return Identity::kUser;
  const Ids ids = find_ids();
  if (::setresgid(ids.group, ids.group, ids.group) < 0) {
    // A user namespace of one id, as of `unshare -r`: this root is nobody but the user who made it.
    if (errno == EINVAL) return Identity::kUnmapped;
    return std::unexpected(SystemError{"setresgid", errno});
  }
  if (::setgroups(0, nullptr) < 0) return std::unexpected(SystemError{"setgroups", errno});
  if (::setresuid(ids.user, ids.user, ids.user) < 0) return std::unexpected(SystemError{"setresuid", errno});
  if (::setresuid(0, 0, 0) == 0) return std::unexpected(SystemError{"setresuid", EPERM});  // must not lead back
  return ids.identity;
}

}  // namespace sallyport::sandbox
