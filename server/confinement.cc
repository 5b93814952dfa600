#include "server/confinement.h"

#include <algorithm>
#include <array>

namespace sallyport::server {

sandbox::Options sandbox_options(BorrowedFd parent, SandboxRequirement requirement) {
  sandbox::Options options;
  options.parent = parent;
  // Whether the namespaces of --require-sandbox=full are there, the monitor knows that made them.
  options.namespaces = privsep::NamespaceSet::for_user();
  options.requirement = requirement == SandboxRequirement::kFull ? sandbox::Requirement::kFull : sandbox::Requirement::kMandatory;
  return options;
}

void tell_unconfined(const privsep::Channel& monitor, const sandbox::Failure& failure) {
  std::array<std::byte, 64> scratch{};
  (void)monitor.send_message(
      privsep::Log{privsep::Severity::kWarning,
                   privsep::LogEvent::kUnconfined,
                   {static_cast<std::uint64_t>(failure.mechanism), static_cast<std::uint64_t>(failure.cause.number),
                    static_cast<std::uint64_t>(std::max(failure.detail, 0))}},
      scratch);
}

bool tell_confined(const privsep::Channel& monitor, const sandbox::Report& report) {
  // Of its namespaces a process cannot know; the monitor, which made them, says so itself.
  sandbox::Report own = report;
  own.namespaces = {};
  own.active = sandbox::MechanismSet(own.active.bits() & ~(1U << static_cast<unsigned>(sandbox::Mechanism::kNamespaces)));
  std::array<std::byte, 64> scratch{};
  return monitor.send_message(privsep::Log{privsep::Severity::kInfo, privsep::LogEvent::kSandbox, own.to_log_values()},
                              scratch) == privsep::SendOutcome::kSent;
}

sandbox::Failure failure_from(const privsep::Log& log) {
  sandbox::Failure failure;
  failure.mechanism = static_cast<sandbox::Mechanism>(
      std::min<std::uint64_t>(log.values[0], sandbox::kMechanisms - std::uint64_t{1}));
  failure.cause = SystemError{"", static_cast<int>(std::min<std::uint64_t>(log.values[1], 4095))};
  failure.detail = static_cast<int>(std::min<std::uint64_t>(log.values[2], 4095));
  return failure;
}

}  // namespace sallyport::server
