// The codec of the channels between compartments, and a whole record over a pair of them: what goes to and fro for a
// key, and the two messages that carry bytes.
#include <vector>

#include "base/check.h"
#include "bench/parts/allocations.h"
#include "privsep/channel.h"
#include "privsep/net_monitor.h"
#include "privsep/net_terminal.h"
#include "privsep/terminal_monitor.h"

namespace {

using namespace sallyport;
using namespace sallyport::privsep;

using Bytes = std::span<const std::byte>;

// What is measured: a message, and the boundary and direction that it crosses.
struct TypedInput {
  using Boundary = NetToMonitor;
  static Input make(Bytes bytes) { return {StateNumber(1000), true, bytes}; }
};
struct ProgramOutput {
  using Boundary = MonitorToTerminal;
  static HostOutput make(Bytes bytes) { return {bytes}; }
};
struct FrameAnswer {
  using Boundary = TerminalToNet;
  static Frame make(Bytes bytes) {
    return {.base = SnapshotId(1), .snapshot = SnapshotId(2), .last = true, .size = {80, 24}, .bytes = bytes};
  }
};
struct FrameRequest {
  using Boundary = NetToTerminal;
  static TakeFrame make(Bytes) { return {SnapshotId(1), SnapshotId(1), SnapshotId(2)}; }
};

template <typename Case>
void encode_and_decode(benchmark::State& state) {
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  std::vector<std::byte> buffer(kMaxElsewhereBytes);
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    auto record = encode(Case::make(bytes), buffer);
    benchmark::DoNotOptimize(record.data());
    const auto message = decode<typename Case::Boundary>(record);
    CHECK(message.has_value());
    benchmark::DoNotOptimize(message->index());
  }
}

template <typename Case>
void send_and_receive(benchmark::State& state) {
  auto pair = make_channel_pair();
  CHECK(pair.has_value());
  const Channel from(std::move(pair->first));
  const Channel to(std::move(pair->second));
  const std::vector<std::byte> bytes(static_cast<std::size_t>(state.range(0)), std::byte{'x'});
  std::vector<std::byte> buffer(kMaxElsewhereBytes);
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    CHECK(from.send_message(Case::make(bytes), buffer) == SendOutcome::kSent);
    const auto record = to.receive(buffer);
    CHECK(record && decode<typename Case::Boundary>(*record).has_value());
  }
}

BENCHMARK_TEMPLATE(encode_and_decode, FrameRequest)->Arg(0);
BENCHMARK_TEMPLATE(encode_and_decode, TypedInput)->Arg(1)->Arg(8192);
BENCHMARK_TEMPLATE(encode_and_decode, ProgramOutput)->Arg(1)->Arg(32768);
BENCHMARK_TEMPLATE(encode_and_decode, FrameAnswer)->Arg(10)->Arg(4000)->Arg(61440);
BENCHMARK_TEMPLATE(send_and_receive, TypedInput)->Arg(1);
BENCHMARK_TEMPLATE(send_and_receive, ProgramOutput)->Arg(1)->Arg(32768);
BENCHMARK_TEMPLATE(send_and_receive, FrameAnswer)->Arg(10)->Arg(4000);

}  // namespace
