// What one measurement found: figures by name, and what was wrong while it measured (a wrong screen, a lost key). With
// anything wrong its figures do not count.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"

namespace sallyport::bench {

class Results {
 public:
  void add(std::string_view name, double value);
  void wrong(std::string_view what);
  /// One JSON object: {"figures": {NAME: NUMBER...}, "wrong": [TEXT...]}.
  [[nodiscard]] std::string json() const;
  [[nodiscard]] bool all_right() const { return wrong_.empty(); }

 private:
  std::string figures_;
  std::string wrong_;
};

[[nodiscard]] inline double milliseconds_of(Duration d) { return std::chrono::duration<double, std::milli>(d).count(); }

/// 0.5: the median. -1 of nothing.
[[nodiscard]] inline double percentile(std::vector<double> values, double share) {
  if (values.empty()) return -1;
  std::sort(values.begin(), values.end());
  return values[std::min(values.size() - 1, static_cast<std::size_t>(share * static_cast<double>(values.size())))];
}

}  // namespace sallyport::bench
