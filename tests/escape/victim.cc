// A compartment that has been taken over: locks itself down by the policy of that name and then tries one way out.
// Usage: victim POLICY filtered|unfiltered|free NUMBER-OF-ESCAPE MONITOR-PID; "free": it is not confined at all.
// Exit status: 0 if the escape succeeded, 200 if it could not confine itself, else the errno of the failed attempt.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>

#include "sandbox/apply.h"
#include "sandbox/testing_only/leave_out.h"
#include "tests/escape/escapes.h"

int main(int argc, char** argv) {
  using namespace sallyport;
  if (argc != 5) ::_exit(200);
  const auto found = std::ranges::find(sandbox::all_policies(), std::string_view(argv[1]),
                                       [](const sandbox::Policy* one) { return std::string_view(one->name); });
  if (found == sandbox::all_policies().end()) ::_exit(200);
  const sandbox::Policy& policy = **found;
  const sandbox::testing_only::LeaveOut no_filter{
      sandbox::MechanismSet(1U << static_cast<unsigned>(sandbox::Mechanism::kSeccomp))};
  const sandbox::Options options{.parent = BorrowedFd(3),  // the channel to its parent, for all of them
                                 .leave_out = std::string_view(argv[2]) == "unfiltered" ? &no_filter : nullptr};
  const auto which = static_cast<std::size_t>(std::atoi(argv[3]));
  const int monitor = std::atoi(argv[4]);
  if (std::string_view(argv[2]) == "free" && which < escape::escapes().size()) {
    ::_exit(escape::escapes()[which].attempt(monitor) < 0 ? errno : 0);
  }
  const auto begun = sandbox::begin(policy, options);
  if (!begun || which >= escape::escapes().size() || !sandbox::lock_down(policy, options, *begun)) ::_exit(200);
  ::_exit(escape::escapes()[which].attempt(monitor) < 0 ? errno : 0);
}
