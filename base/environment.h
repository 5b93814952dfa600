// A process environment as a value: set-up works on a copy of its own and never on the process's. Linked by the monitor and
// by the command `sallyport`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

class Environment {
 public:
  Environment() = default;
  explicit Environment(std::vector<std::string> assignments) : assignments_(std::move(assignments)) {}
  /// Copies a null-terminated list as `environ` is one; null is an empty list.
  [[nodiscard]] static Environment copy_of(const char* const* list);

  /// The value of the first assignment; borrowed until the next change.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  /// True if set to something that is not empty.
  [[nodiscard]] bool has_value(std::string_view name) const;
  /// Replaces every assignment of the name by one.
  void set(std::string_view name, std::string_view value);
  void unset(std::string_view name);
  /// NAME=VALUE each.
  [[nodiscard]] const std::vector<std::string>& assignments() const { return assignments_; }

 private:
  std::vector<std::string> assignments_;
};

}  // namespace sallyport
