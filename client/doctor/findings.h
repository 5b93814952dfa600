// What `sallyport doctor` finds, as values: each check with its verdict, in plain words, and how to mend it; as lines
// for a person and as JSON for programs. No system call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::client {

enum class Verdict : std::uint8_t { kNotTried, kOk, kWarning, kFailed };

struct Finding {
  std::string check;  ///< "ssh", "server", "UDP", ...
  Verdict verdict = Verdict::kNotTried;
  std::string words;                  ///< one line; nothing in it that a terminal would act on
  std::vector<std::string> remedies;  ///< a line each: what to do, or the command for it
};

/// "ok       ssh: logs in to host", then the remedies, indented.
[[nodiscard]] std::string as_lines(const Finding& finding);
/// One object with all of them and the whole's verdict; one line.
[[nodiscard]] std::string as_json(std::string_view host, const std::vector<Finding>& findings, double seconds);
/// The worst of them; what was not tried does not count.
[[nodiscard]] Verdict worst(const std::vector<Finding>& findings);

}  // namespace sallyport::client
