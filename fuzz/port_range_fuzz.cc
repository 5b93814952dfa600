// Targets: server::parse_port_range, server::parse_integer
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "server/integer.h"
#include "server/options.h"

// A range that is accepted is one, can be written down and read again; one that is refused has a reason in one line.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  const std::string_view text = text_of(bytes_of(data, size));
  const auto range = server::parse_port_range(text);
  if (!range) {
    CHECK(range.error().find("port") != std::string::npos);
    return 0;
  }
  CHECK(range->low <= range->high);
  CHECK(range->low > 0 || range->high == 0);
  const std::string low = std::to_string(range->low);
  const std::string written = range->low == range->high ? low : low + ":" + std::to_string(range->high);
  CHECK(server::parse_port_range(written) == *range);
  const auto number = server::parse_integer(text);
  CHECK(!number || *number == range->low);
  return 0;
}
