#include "bench/results.h"

#include <array>
#include <cstdio>

namespace sallyport::bench {

void Results::add(std::string_view name, double value) {
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "%.6g", value);
  if (!figures_.empty()) figures_ += ", ";
  figures_.append("\"").append(name).append("\": ").append(number.data());
}

void Results::wrong(std::string_view what) {
  wrong_ += wrong_.empty() ? "\"" : ", \"";
  for (const char c : what) {
    const auto code = static_cast<unsigned char>(c);
    if (code >= 0x20 && c != '"' && c != '\\') wrong_ += c;
  }
  wrong_ += '"';
}

std::string Results::json() const { return "{\"figures\": {" + figures_ + "}, \"wrong\": [" + wrong_ + "]}"; }

}  // namespace sallyport::bench
