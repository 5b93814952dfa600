#include "base/environment.h"

#include <algorithm>

namespace sallyport {
namespace {

bool assigns(std::string_view assignment, std::string_view name) {
  return assignment.size() > name.size() && assignment.starts_with(name) && assignment[name.size()] == '=';
}

}  // namespace

Environment Environment::copy_of(const char* const* list) {
  std::vector<std::string> assignments;
  for (; list != nullptr && *list != nullptr; ++list) assignments.emplace_back(*list);
  return Environment(std::move(assignments));
}

std::optional<std::string_view> Environment::get(std::string_view name) const {
  for (const std::string& assignment : assignments_) {
    if (assigns(assignment, name)) return std::string_view(assignment).substr(name.size() + 1);
  }
  return {};
}

bool Environment::has_value(std::string_view name) const {
  const auto value = get(name);
  return value && !value->empty();
}

void Environment::set(std::string_view name, std::string_view value) {
  std::string assignment(name);  // made first: `name` and `value` may lie in what unset removes
  assignment += '=';
  assignment += value;
  unset(std::string(name));
  assignments_.push_back(std::move(assignment));
}

void Environment::unset(std::string_view name) {
  std::erase_if(assignments_, [name](const std::string& assignment) { return assigns(assignment, name); });
}

}  // namespace sallyport
