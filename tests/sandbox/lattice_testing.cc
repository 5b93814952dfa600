#include "tests/sandbox/lattice_testing.h"

#include <algorithm>
#include <cstdlib>

namespace sallyport::sandbox::testing {

std::uint64_t seed() {
  const char* const text = std::getenv("SALLYPORT_SEED");
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

SystemCallData permitted_call(const Row& row, std::size_t which) {
  SystemCallData call;
  call.number = static_cast<std::uint32_t>(row.call);
  call.architecture = native_architecture();
  if (!row.descriptors.empty()) {
    call.arguments[row.descriptor_index] = static_cast<std::uint64_t>((row.descriptors.begin() + which)->number());
  }
  for (const ArgumentRule& rule : row.rules) call.arguments[rule.index] = rule.value;
  return call;
}

std::vector<std::uint64_t> edge_values(const Row& row, std::uint8_t argument) {
  std::vector<std::uint64_t> values = {0,          1,          2,          0x7FFFFFFF,
                                       0x80000000, 0xFFFFFFFF, UINT64_MAX, std::uint64_t{1} << 63U};
  const auto around = [&](std::uint64_t value) {
    for (const std::uint64_t one : {value, value - 1, value + 1, value | (std::uint64_t{1} << 32U), ~value}) {
      values.push_back(one);
    }
    for (unsigned bit = 0; bit < 64; ++bit) values.push_back(value ^ (std::uint64_t{1} << bit));
  };
  for (const ArgumentRule& rule : row.rules) {
    if (rule.index == argument) around(rule.value);
  }
  if (!row.descriptors.empty() && row.descriptor_index == argument) {
    for (std::uint64_t fd = 0; fd < 20; ++fd) values.push_back(fd);
    around(static_cast<std::uint64_t>(row.descriptors.begin()->number()));
  }
  std::ranges::sort(values);
  values.erase(std::ranges::unique(values).begin(), values.end());
  return values;
}

void for_each_variant(const Row& row, bool pairs, const std::function<void(const SystemCallData&)>& visit) {
  const SystemCallData base = permitted_call(row);
  for (std::uint8_t first = 0; first < 6; ++first) {
    for (const std::uint64_t value : edge_values(row, first)) {
      SystemCallData call = base;
      call.arguments[first] = value;
      visit(call);
      for (std::uint8_t second = first + 1; pairs && second < 6; ++second) {
        for (const std::uint64_t other : edge_values(row, second)) {
          call.arguments[second] = other;
          visit(call);
        }
        call.arguments[second] = base.arguments[second];
      }
    }
  }
}

}  // namespace sallyport::sandbox::testing
