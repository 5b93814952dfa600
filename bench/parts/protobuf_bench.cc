// The three messages, ours in place beside protobuf's generated classes: a key's way up, an echo's and a whole frame's
// way down.
#include <array>
#include <vector>

#include "base/check.h"
#include "bench/parts/allocations.h"
#include "proto/host_message.h"
#include "proto/transport_instruction.h"
#include "proto/user_message.h"
#include "transport.pb.h"

namespace {

using namespace sallyport;

proto::TransportInstruction instruction_with(std::span<const std::byte> diff) {
  static constexpr std::array<std::byte, 8> kChaff{};
  return {.old_num = StateNumber(1000),
          .new_num = StateNumber(1001),
          .ack_num = StateNumber(77),
          .throwaway_num = StateNumber(990),
          .diff = diff,
          .chaff = kChaff};
}

void encode_instruction(benchmark::State& state) {
  const std::vector<std::byte> diff(static_cast<std::size_t>(state.range(0)));
  const bench::CountAllocations count(state);
  for (auto _ : state) benchmark::DoNotOptimize(proto::encode(instruction_with(diff)).data());
}

void decode_instruction(benchmark::State& state) {
  const std::vector<std::byte> diff(static_cast<std::size_t>(state.range(0)));
  const auto bytes = proto::encode(instruction_with(diff));
  const bench::CountAllocations count(state);
  for (auto _ : state) CHECK(proto::decode(bytes)->diff.size() == diff.size());
}

void decode_instruction_generated(benchmark::State& state) {
  const std::vector<std::byte> diff(static_cast<std::size_t>(state.range(0)));
  const auto bytes = proto::encode(instruction_with(diff));
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    TransportBuffers::Instruction instruction;
    CHECK(instruction.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) &&
          instruction.diff().size() == diff.size());
  }
}

void encode_host_diff(benchmark::State& state) {
  const std::vector<std::byte> screen(static_cast<std::size_t>(state.range(0)));
  const proto::HostDiff diff{.echo_ack = StateNumber(5), .size = {}, .host_bytes = screen};
  const bench::CountAllocations count(state);
  for (auto _ : state) benchmark::DoNotOptimize(proto::encode(diff).data());
}

void read_keystrokes(benchmark::State& state) {
  SecretBytes message;
  const std::array<std::byte, 1> key{std::byte{'a'}};
  for (std::int64_t i = 0; i < state.range(0); ++i) proto::put_keystrokes(key, message);
  const bench::CountAllocations count(state);
  for (auto _ : state) {
    proto::UserMessageReader reader(message);
    proto::UserInstruction instruction;
    std::int64_t read = 0;
    while (reader.next(instruction)) ++read;
    CHECK(reader.ok() && read == state.range(0));
  }
}

BENCHMARK(encode_instruction)->Arg(10)->Arg(4000);
BENCHMARK(decode_instruction)->Arg(10)->Arg(4000);
BENCHMARK(decode_instruction_generated)->Arg(10)->Arg(4000);
BENCHMARK(encode_host_diff)->Arg(10)->Arg(4000);
BENCHMARK(read_keystrokes)->Arg(1)->Arg(100);

}  // namespace
