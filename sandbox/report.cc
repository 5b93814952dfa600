#include "sandbox/report.h"

#include <cstddef>
#include <cstring>

namespace sallyport::sandbox {
namespace {

using privsep::NamespaceSet;

constexpr unsigned kNamespacesShift = 16;
constexpr unsigned kIdentityShift = 24;

constexpr std::array<const char*, kMechanisms> kMechanismNames = {
    "non-dumpable", "descriptor-inventory", "unprivileged-identity", "parent-death-signal",
    "resource-limits", "no-capabilities", "empty-bounding-set", "no_new_privs",
    "landlock", "memory-deny-write-execute", "seccomp", "namespaces", "key-memory"};

struct NamespaceName {
  NamespaceSet::Bit bit;
  const char* name;
};
constexpr NamespaceName kNamespaceNames[] = {
    {NamespaceSet::kUser, "user"}, {NamespaceSet::kNet, "net"}, {NamespaceSet::kMount, "mount"},
    {NamespaceSet::kIpc, "ipc"},   {NamespaceSet::kUts, "uts"}, {NamespaceSet::kPid, "pid"}};

const char* identity_words(Identity identity) {
  switch (identity) {
    case Identity::kDedicated:
      return "account _sallyport";
    case Identity::kNobody:
      return "65534 (no account _sallyport)";
    case Identity::kUnmapped:
      return "unchanged: this root's user namespace has no other id";
    case Identity::kUser:
      break;
  }
  return "the user's own";
}

const char* identity_key(Identity identity) {
  switch (identity) {
    case Identity::kDedicated:
      return "dedicated";
    case Identity::kNobody:
      return "nobody";
    case Identity::kUnmapped:
      return "unmapped";
    case Identity::kUser:
      break;
  }
  return "user";
}

/// The set's names, each between `quote`s.
std::string namespace_list(NamespaceSet set, const char* quote) {
  std::string out;
  for (const auto& [bit, name] : kNamespaceNames) {
    if (!set.has(bit)) continue;
    if (!out.empty()) out += ',';
    out.append(quote).append(name).append(quote);
  }
  return out;
}

const char* state_word(const Report& report, Mechanism mechanism) {
  if (report.active.has(mechanism)) return "active";
  return report.missing.has(mechanism) ? "missing" : "unused";
}

}  // namespace

const char* mechanism_name(Mechanism mechanism) {
  const auto index = static_cast<std::size_t>(mechanism);
  return index < kMechanismNames.size() ? kMechanismNames[index] : "unknown";
}

bool is_mandatory(Mechanism mechanism) {
  switch (mechanism) {
    case Mechanism::kNonDumpable:
    case Mechanism::kInventory:
    case Mechanism::kParentDeath:
    case Mechanism::kLimits:
    case Mechanism::kCapabilities:
    case Mechanism::kNoNewPrivs:
    case Mechanism::kSeccomp:
      return true;
    case Mechanism::kIdentity:
    case Mechanism::kBoundingSet:
    case Mechanism::kLandlock:
    case Mechanism::kWriteExecute:
    case Mechanism::kNamespaces:
    case Mechanism::kKeyMemory:
      break;
  }
  return false;
}

std::array<std::uint64_t, 3> Report::to_log_values() const {
  return {std::uint64_t{active.bits()} | std::uint64_t{namespaces.bits()} << kNamespacesShift |
              static_cast<std::uint64_t>(identity) << kIdentityShift,
          landlock_abi, missing.bits()};
}

Report Report::from_log_values(const std::array<std::uint64_t, 3>& values) {
  Report report;
  report.active = MechanismSet(static_cast<std::uint32_t>(values[0] & 0xFFFFU));
  report.missing = MechanismSet(static_cast<std::uint32_t>(values[2] & 0xFFFFU));
  report.landlock_abi = static_cast<std::uint8_t>(values[1] & 0xFFU);
  report.namespaces = NamespaceSet(values[0] >> kNamespacesShift);
  report.identity = static_cast<Identity>(values[0] >> kIdentityShift & 3U);
  return report;
}

std::string describe(const Failure& failure) {
  std::string out = std::string("sandbox: ") + mechanism_name(failure.mechanism);
  if (failure.cause.number != 0) {
    if (*failure.cause.call != '\0') out.append(": ").append(failure.cause.call);
    out.append(": ").append(std::strerror(failure.cause.number));
  } else if (failure.mechanism == Mechanism::kInventory && failure.detail >= 0) {
    out += ": descriptor " + std::to_string(failure.detail) + " is missing, undeclared or of the wrong kind";
  } else {
    out += ": not available on this host";
  }
  return out;
}

std::string describe(const Report& report) {
  const std::string namespaces = namespace_list(report.namespaces, "");
  std::string out = "namespaces " + (namespaces.empty() ? std::string("none") : namespaces);
  out +=
      "; landlock " + (report.landlock_abi == 0 ? std::string("none") : "ABI " + std::to_string(report.landlock_abi));
  out.append("; identity ").append(identity_words(report.identity));
  out += "; missing ";
  std::string missing;
  for (std::uint8_t i = 0; i < kMechanisms; ++i) {
    if (!report.missing.has(static_cast<Mechanism>(i))) continue;
    missing += (missing.empty() ? "" : ",") + std::string(mechanism_name(static_cast<Mechanism>(i)));
  }
  return out + (missing.empty() ? "nothing" : missing);
}

std::string render_words(const Report& report) {
  std::string out;
  for (std::uint8_t i = 0; i < kMechanisms; ++i) {
    const auto mechanism = static_cast<Mechanism>(i);
    std::string line = mechanism_name(mechanism);
    line.resize(28, ' ');
    line += state_word(report, mechanism);
    if (report.missing.has(mechanism) && is_mandatory(mechanism)) line += " (mandatory: nothing starts without it)";
    if (mechanism == Mechanism::kLandlock && report.landlock_abi != 0) {
      line += " (ABI " + std::to_string(report.landlock_abi) + ")";
    }
    if (mechanism == Mechanism::kNamespaces && !report.namespaces.empty()) {
      line += " (" + namespace_list(report.namespaces, "") + ")";
    }
    if (mechanism == Mechanism::kIdentity) line.append(" (").append(identity_words(report.identity)).append(")");
    out += line + "\n";
  }
  return out;
}

std::string render_json(const Report& report) {
  std::string out = "{\"mechanisms\":{";
  for (std::uint8_t i = 0; i < kMechanisms; ++i) {
    const auto mechanism = static_cast<Mechanism>(i);
    out.append(i == 0 ? "" : ",").append("\"").append(mechanism_name(mechanism)).append("\":{\"state\":\"");
    out.append(state_word(report, mechanism)).append("\",\"mandatory\":");
    out.append(is_mandatory(mechanism) ? "true}" : "false}");
  }
  out += "},\"landlock_abi\":" + std::to_string(report.landlock_abi);
  out += ",\"namespaces\":[" + namespace_list(report.namespaces, "\"") + "]";
  return out + ",\"identity\":\"" + identity_key(report.identity) + "\"}";
}

}  // namespace sallyport::sandbox
