// The packet layer and what a datagram goes through on its way in: seal, open, refuse, notice a repetition.
#include <vector>

#include "base/check.h"
#include "bench/parts/allocations.h"
#include "net/packet.h"

namespace {

using namespace sallyport;

crypto::SessionKey key() { return std::move(*crypto::SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")); }

struct Ends {
  net::PacketLayer client{key(), crypto::Direction::kToServer};
  net::PacketLayer server{key(), crypto::Direction::kToClient};
  std::vector<std::byte> payload;
  std::vector<std::byte> datagram = std::vector<std::byte>(crypto::kMaxDatagramBytes);
  TimePoint now{};

  explicit Ends(const benchmark::State& state) : payload(static_cast<std::size_t>(state.range(0))) {}
  std::span<std::byte> next() {
    now += Duration(100);
    const auto sealed = client.seal(payload, now, datagram);
    CHECK(sealed.has_value());
    return *sealed;
  }
};

void seal(benchmark::State& state) {
  Ends ends(state);
  const bench::CountAllocations count(state);
  for (auto _ : state) benchmark::DoNotOptimize(ends.next().data());
}

void seal_and_open(benchmark::State& state) {
  Ends ends(state);
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    const auto datagram = ends.next();
    CHECK(ends.server.open(datagram, net::Ecn::kNotCongested, ends.now, datagram).has_value());
  }
}

void refuse_forged(benchmark::State& state) {
  Ends ends(state);
  const auto datagram = ends.next();
  datagram.back() ^= std::byte{1};
  const bench::CountAllocations count(state);
  for (auto _ : state) CHECK(!ends.server.open(datagram, net::Ecn::kNotCongested, ends.now, datagram).has_value());
}

void refuse_repeated(benchmark::State& state) {
  Ends ends(state);
  const auto datagram = ends.next();
  std::vector<std::byte> opened(datagram.size());
  CHECK(ends.server.open(datagram, net::Ecn::kNotCongested, ends.now, opened).has_value());
  const bench::CountAllocations count(state);
  for (auto _ : state) CHECK(!ends.server.open(datagram, net::Ecn::kNotCongested, ends.now, opened).has_value());
}

BENCHMARK(seal)->Arg(64)->Arg(512)->Arg(1372);
BENCHMARK(seal_and_open)->Arg(64)->Arg(512)->Arg(1372);
BENCHMARK(refuse_forged)->Arg(64)->Arg(512)->Arg(1372);
BENCHMARK(refuse_repeated)->Arg(64)->Arg(512)->Arg(1372);

}  // namespace
