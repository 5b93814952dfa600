#include "sandbox/worker.h"

#include <algorithm>
#include <array>

namespace sallyport::sandbox {
namespace {

constexpr const char* kRequirementKey = "require-sandbox";
/// By Requirement.
constexpr std::array<std::string_view, 2> kRequirements = {"available", "full"};

}  // namespace

Options worker_options(BorrowedFd parent, Requirement requirement) {
  Options options;
  options.parent = parent;
  // Whether the namespaces of --require-sandbox=full are there, the starter knows that made them.
  options.namespaces = privsep::NamespaceSet::for_user();
  options.requirement = requirement;
  return options;
}

void tell_unconfined(const privsep::Channel& starter, const Failure& failure) {
  std::array<std::byte, 64> scratch{};
  (void)starter.send_message(
      privsep::Log{privsep::Severity::kWarning,
                   privsep::LogEvent::kUnconfined,
                   {static_cast<std::uint64_t>(failure.mechanism), static_cast<std::uint64_t>(failure.cause.number),
                    static_cast<std::uint64_t>(std::max(failure.detail, 0))}},
      scratch);
}

bool tell_confined(const privsep::Channel& starter, const Report& report) {
  // Of its namespaces a process cannot know; the starter, which made them, says so itself.
  Report own = report;
  own.namespaces = {};
  own.active = MechanismSet(own.active.bits() & ~(1U << static_cast<unsigned>(Mechanism::kNamespaces)));
  std::array<std::byte, 64> scratch{};
  return starter.send_message(privsep::Log{privsep::Severity::kInfo, privsep::LogEvent::kSandbox, own.to_log_values()},
                              scratch) == privsep::SendOutcome::kSent;
}

Failure failure_from(const privsep::Log& log) {
  Failure failure;
  failure.mechanism = static_cast<Mechanism>(std::min<std::uint64_t>(log.values[0], kMechanisms - std::uint64_t{1}));
  failure.cause = SystemError{"", static_cast<int>(std::min<std::uint64_t>(log.values[1], 4095))};
  failure.detail = static_cast<int>(std::min<std::uint64_t>(log.values[2], 4095));
  return failure;
}

std::string requirement_word(Requirement requirement) {
  return privsep::word(kRequirementKey, kRequirements[static_cast<std::size_t>(requirement)]);
}

Requirement read_requirement(privsep::WordReader& words) {
  return static_cast<Requirement>(words.choice(kRequirementKey, kRequirements));
}

}  // namespace sallyport::sandbox
