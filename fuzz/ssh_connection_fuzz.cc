// Targets: server::server_address, sys::parse_address
#include <algorithm>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "base/sys/udp.h"
#include "server/options.h"

// An address found in SSH_CONNECTION is one word of it, and never an IPv4-mapped one; what the socket calls accept is
// numeric.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  const std::string_view text = text_of(bytes_of(data, size));
  const auto address = server::server_address(text);
  if (!address) return 0;
  CHECK(!address->empty());
  CHECK(address->find_first_of(" \t") == std::string::npos);
  CHECK(text.find(*address) != std::string_view::npos);
  const auto parsed = sys::parse_address(*address);
  if (!parsed) return 0;
  CHECK(parsed->family() == AF_INET || parsed->family() == AF_INET6);
  CHECK(parsed->port() == 0);
  return 0;
}
