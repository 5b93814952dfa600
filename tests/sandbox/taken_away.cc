// The release programs' own objects are linked once more with this file, for tests/e2e/minimality.py and
// client_minimality.py: each compartment's policy then lacks what the name of the folder says in which the programs
// were put:
//     COMPARTMENT.CALL[=VALUE][@DESCRIPTOR][+no-vdso][+short-heap], or COMPARTMENT.nothing...
//   =VALUE       of the rows of that call only the one whose first rule is for this value, in hexadecimal
//   no-vdso      the time is asked of the kernel, as on machines whose clock source the vDSO cannot read
//   short-heap   another mapping lies above the heap, as address-space layout may have it
// The linker's --wrap puts the functions below in the place of the real ones; no program that is installed is linked
// so.
#include <limits.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/policy.h"

namespace sallyport::sandbox {
namespace {

/// The folder that bin/ and libexec/ lie in, without its path.
std::string folder_name() {
  std::array<char, PATH_MAX> path{};
  const ssize_t size = ::readlink("/proc/self/exe", path.data(), path.size());
  std::string_view rest(path.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  for (const std::string_view part : {"/bin/", "/libexec/"}) {
    if (const auto at = rest.rfind(part); at != rest.npos) rest = rest.substr(0, at);
  }
  return std::string(rest.substr(rest.rfind('/') + 1));
}

bool folder_says(std::string_view word) { return folder_name().find(word) != std::string::npos; }

/// Found out before main(), for a lock-down forbids to look.
const bool kTimeByTheKernel = folder_says("+no-vdso");

/// Nothing that grows the heap's end in place works beyond a few pages more.
void block_heap() {
  constexpr std::uintptr_t kPage = 4096;
  const auto end = (reinterpret_cast<std::uintptr_t>(::sbrk(0)) + kPage - 1) / kPage * kPage;
  void* const place = reinterpret_cast<void*>(end + 16 * kPage);  // NOLINT(performance-no-int-to-ptr)
  if (::mmap(place, kPage, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != place) std::abort();
}

/// `real` without what the folder's name takes away from this compartment.
const Policy& reduced(const Policy& real) {
  static std::vector<Row> rows;
  static Policy policy;
  const std::string folder = folder_name();
  std::string_view what = std::string_view(folder).substr(0, folder.find('+'));
  if (!rows.empty() || what.substr(0, what.find('.')) != real.name) return rows.empty() ? real : policy;
  what = what.substr(what.find('.') + 1);
  const auto at = what.find('@');
  const int descriptor = at == what.npos ? -1 : std::atoi(std::string(what.substr(at + 1)).c_str());
  const std::string_view call = what.substr(0, at).substr(0, what.find('='));
  const auto value = what.substr(0, at).substr(call.size());
  const auto is_named = [&](const Row& row) {
    if (call != row.name || value.empty()) return call == row.name;
    const std::uint64_t wanted = std::strtoull(std::string(value.substr(1)).c_str(), nullptr, 16);
    return !row.rules.empty() && row.rules.begin()->value == wanted;
  };
  bool found = false;
  for (const Row& row : real.rows) {
    if (!is_named(row)) {
      rows.push_back(row);
      continue;
    }
    found = found || descriptor < 0;
    if (descriptor < 0) continue;
    for (const BorrowedFd fd : row.descriptors) {
      if (fd.number() == descriptor) {
        found = true;
        continue;
      }
      Row kept = row;
      kept.descriptors = {fd};
      rows.push_back(kept);
    }
  }
  if (!found && what != "nothing") std::abort();  // the table names a permission that there is not
  policy = real;
  policy.rows = rows;
  if (folder_says("+short-heap")) block_heap();
  return policy;
}

}  // namespace
}  // namespace sallyport::sandbox

#define WRAPPED(function)                                                                    \
  const sallyport::sandbox::Policy& __real_##function();                                     \
  const sallyport::sandbox::Policy& __wrap_##function();                                     \
  const sallyport::sandbox::Policy& __wrap_##function() {                                    \
    return sallyport::sandbox::reduced(__real_##function());                                 \
  }

extern "C" {
WRAPPED(_ZN9sallyport7sandbox10net_policyEv)
WRAPPED(_ZN9sallyport7sandbox15terminal_policyEv)
WRAPPED(_ZN9sallyport7sandbox14monitor_policyEv)
WRAPPED(_ZN9sallyport7sandbox19client_guard_policyEv)
WRAPPED(_ZN9sallyport7sandbox17client_tty_policyEv)
WRAPPED(_ZN9sallyport7sandbox17client_net_policyEv)
WRAPPED(_ZN9sallyport7sandbox20client_screen_policyEv)

int __real_clock_gettime(clockid_t clock, timespec* time);
int __wrap_clock_gettime(clockid_t clock, timespec* time);
int __wrap_clock_gettime(clockid_t clock, timespec* time) {
  if (!sallyport::sandbox::kTimeByTheKernel) return __real_clock_gettime(clock, time);
  return static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
}
}
