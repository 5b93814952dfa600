// Targets: net::parse_fragment, net::FragmentAssembly, net::Fragmenter
// First the input as a series of payloads from a hostile peer: bounds hold, and what is read is written back alike.
// Then the input as one compressed instruction: cut, shuffled and doubled by its own bytes, it comes together again.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "net/fragment.h"

using namespace sallyport;

namespace {

void hostile(std::span<const std::byte> bytes) {
  ByteReader in(bytes);
  net::FragmentAssembly assembly;
  std::size_t fed = 0;
  while (in.remaining() > 0) {
    const auto length = in.little_endian<std::uint8_t>();
    const auto payload = in.take(std::min<std::size_t>(length, in.remaining()));
    const auto fragment = net::parse_fragment(payload);
    CHECK(fragment.has_value() == (payload.size() >= net::kFragmentHeaderBytes));
    if (!fragment) continue;
    std::array<std::byte, 256> out{};
    CHECK(std::ranges::equal(net::write_fragment(*fragment, out), payload));
    fed += fragment->slice.size();
    const auto whole = assembly.add(*fragment);
    CHECK(assembly.held_bytes() <= std::min(fed, net::kMaxAssemblyBytes));
    CHECK(!whole || !*whole || (**whole).size() <= fed);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  hostile(bytes_of(data, size));
  if (size < 2) return 0;
  const auto instruction = bytes_of(data, size);
  net::Fragmenter fragmenter;
  const auto cut = fragmenter.cut(instruction, 1 + data[0] % 64U);
  CHECK(cut.has_value() && cut->id() == net::FragmentId(1));
  std::vector<std::size_t> order(cut->count());
  std::iota(order.begin(), order.end(), std::size_t{0});
  for (std::size_t i = 0; i < order.size(); ++i) std::swap(order[i], order[(i + data[i % size]) % order.size()]);
  net::FragmentAssembly assembly;
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (i != 0 && data[i % size] % 4 == 0) CHECK(assembly.add((*cut)[order[i - 1]]).has_value());
    const auto whole = assembly.add((*cut)[order[i]]);
    CHECK(whole.has_value() && whole->has_value() == (i + 1 == order.size()));
    CHECK(!*whole || std::ranges::equal(**whole, instruction));
  }
  return 0;
}
