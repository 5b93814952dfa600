// A flood against a monitor that was broken on purpose (mutants.cmake). Exit status 1: it was found out; 0: it was not.
#include <cstdio>

#include "tests/hostile/flood.h"

int main() {
  const auto report = sallyport::hostile::flood({.seed = 5, .messages = 300'000});
  std::printf("%s after %llu messages\n", report.objection == nullptr ? "nothing was seen" : report.objection,
              static_cast<unsigned long long>(report.judged));
  return report.objection == nullptr ? 0 : 1;
}
