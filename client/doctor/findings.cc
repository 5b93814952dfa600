#include "client/doctor/findings.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace sallyport::client {
namespace {

constexpr std::size_t kVerdictColumns = 9;

std::string_view word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::kNotTried:
      return "-";
    case Verdict::kOk:
      return "ok";
    case Verdict::kWarning:
      return "warning";
    case Verdict::kFailed:
      return "failed";
  }
  return "-";
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      (void)std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(c));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + '"';
}

}  // namespace

std::string as_lines(const Finding& finding) {
  std::string verdict(word_of(finding.verdict));
  verdict.resize(kVerdictColumns, ' ');
  std::string out = verdict + finding.check + ": " + finding.words + "\n";
  for (const std::string& remedy : finding.remedies) out += std::string(kVerdictColumns + 2, ' ') + remedy + "\n";
  return out;
}

std::string as_json(std::string_view host, const std::vector<Finding>& findings, double seconds) {
  std::array<char, 32> time{};
  (void)std::snprintf(time.data(), time.size(), "%.1f", seconds);
  std::string out = "{\"host\":" + quoted(host) + ",\"verdict\":" + quoted(word_of(worst(findings))) +
                    ",\"seconds\":" + time.data() + ",\"checks\":[";
  for (const Finding& finding : findings) {
    out += &finding == findings.data() ? "" : ",";
    out += "{\"check\":" + quoted(finding.check) + ",\"verdict\":" + quoted(word_of(finding.verdict)) +
           ",\"words\":" + quoted(finding.words) + ",\"remedies\":[";
    for (const std::string& remedy : finding.remedies)
      out += (&remedy == finding.remedies.data() ? "" : ",") + quoted(remedy);
    out += "]}";
  }
  return out + "]}\n";
}

Verdict worst(const std::vector<Finding>& findings) {
  Verdict found = Verdict::kOk;
  for (const Finding& finding : findings) found = std::max(found, finding.verdict);
  return found;
}

}  // namespace sallyport::client
