#include "sandbox/dump.h"

#include <array>
#include <cstdio>

namespace sallyport::sandbox {
namespace {

const char* kind_name(DescriptorKind kind) {
  static constexpr std::array<const char*, 10> kNames = {"null", "channel", "unix-socket", "udp",   "pipe-writer",
                                                        "pty",  "signals", "pidfd",       "announce", "any"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string hexadecimal(std::uint64_t value) {
  std::array<char, 19> text{};
  (void)std::snprintf(text.data(), text.size(), "%#llx", static_cast<unsigned long long>(value));
  return value == 0 ? "0" : text.data();
}

std::string condition(const ArgumentRule& rule) {
  const std::string argument = "arg" + std::to_string(rule.index);
  switch (rule.compare) {
    case Compare::kEqual32:
      return "u32(" + argument + ") == " + hexadecimal(rule.value);
    case Compare::kOnly32:
      return "u32(" + argument + ") & ~" + hexadecimal(rule.value) + " == 0";
    case Compare::kEqual64:
      return argument + " == " + hexadecimal(rule.value);
    case Compare::kAtMost:
      break;
  }
  return argument + " <= " + std::to_string(rule.value);
}

std::string permission(const Row& row) {
  std::string conditions;
  if (!row.descriptors.empty()) {
    conditions = "fd arg" + std::to_string(row.descriptor_index) + " in {";
    for (const BorrowedFd fd : row.descriptors)
      conditions += (conditions.back() == '{' ? "" : " ") + std::to_string(fd.number());
    conditions += "}";
  }
  for (const ArgumentRule& rule : row.rules) conditions += (conditions.empty() ? "" : ", ") + condition(rule);
  return std::string("allow ") + row.name + "(" + conditions + ")\n      for " + row.reason + "\n      test " +
         row.test + "\n";
}

}  // namespace

std::string dump(const Policy& policy) {
  std::string out = std::string("policy ") + policy.name + ": " + std::to_string(permitted_calls(policy)) +
                    " of at most " + std::to_string(policy.budget) +
                    " system calls; everything else kills the process\n";
  for (const Row& row : policy.rows) out += permission(row);
  for (const DescriptorRule& rule : policy.descriptors) {
    out += "descriptor " + std::to_string(rule.fd.number()) + " " + kind_name(rule.kind);
    out.append(rule.presence == Presence::kOptional ? " optional" : "").append(": ").append(rule.name).append("\n");
  }
  out += "limit AS " + std::to_string(policy.limits.address_space_bytes >> 20U) + " MiB, NOFILE " +
         std::to_string(descriptor_end(policy)) + ", CORE MSGQUEUE MEMLOCK " + (policy.limits.keeps_file_size ? "" : "FSIZE ") +
         "NPROC 0\n";
  out.append("identity ").append(policy.identity == IdentityRule::kKeep ? "kept" : "dropped if started by root");
  out.append("\nparent ").append(policy.parent == ParentRule::kOutlives          ? "outlived"
                                 : policy.parent == ParentRule::kDiesWithParent ? "not outlived"
                                                                                : "outlived to put things right");
  out.append("\nsignals ").append(policy.signals == SignalRule::kMaySignal ? "not scoped" : "scoped to itself");
  out.append("\nmemory ").append(policy.memory == MemoryRule::kFrozen ? "frozen" : "grows").append("\n");
  return out;
}

}  // namespace sallyport::sandbox
