// session_bench MEASUREMENT SERVER [--quick|--smoke]: one measurement of one server; prints one JSON object
// (results.h). SERVER: a path, bench/floor's, or "pty" for a program on a bare pseudoterminal. scripts/bench runs it by
// turns. Exit status: 0 measured, 1 something was wrong, 2 usage.
#include <cstdio>
#include <string>

#include "bench/measurements.h"

int main(int argc, char** argv) {
  using namespace sallyport::bench;
  const std::string more = argc > 3 ? argv[3] : "";
  for (const Measurement& measurement : kMeasurements) {
    if (argc < 3 || measurement.name != argv[1]) continue;
    Results results;
    measurement.run(argv[2],
                    more == "--smoke"   ? Length::kSmoke
                    : more == "--quick" ? Length::kQuick
                                        : Length::kFull,
                    results);
    std::printf("%s\n", results.json().c_str());
    return results.all_right() ? 0 : 1;
  }
  std::fprintf(stderr, "usage: session_bench MEASUREMENT SERVER [--quick|--smoke]\nmeasurements:");
  for (const Measurement& measurement : kMeasurements)
    std::fprintf(stderr, " %s", std::string(measurement.name).c_str());
  std::fprintf(stderr, "\n");
  return 2;
}
