// Targets: sandbox::generate, sandbox::evaluate
// The generated filter and the policy's rows, read directly, agree about every call; and an arbitrary program ends.
#include <linux/seccomp.h>

#include <array>
#include <vector>

#include "base/byte_reader.h"
#include "base/bytes.h"
#include "base/check.h"
#include "sandbox/evaluate.h"
#include "sandbox/filter.h"

namespace {

using namespace sallyport;
using namespace sallyport::sandbox;

std::array<Program, 3> generated() {
  std::array<Program, 3> programs;
  for (std::size_t i = 0; i < programs.size(); ++i) CHECK(generate(*all_policies()[i], programs[i]));
  return programs;
}

SystemCallData take_call(ByteReader& in) {
  SystemCallData call;
  call.number = in.little_endian<std::uint16_t>();
  call.architecture =
      in.little_endian<std::uint8_t>() < 0xF0 ? native_architecture() : in.little_endian<std::uint32_t>();
  for (auto& argument : call.arguments) {
    // A small value most of the time: descriptors and flags are small.
    const auto kind = in.little_endian<std::uint8_t>();
    argument = kind < 0x80 ? kind : kind < 0xC0 ? in.little_endian<std::uint32_t>() : in.little_endian<std::uint64_t>();
  }
  return call;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::array<Program, 3> kPrograms = generated();
  ByteReader in(bytes_of(data, size));
  const SystemCallData call = take_call(in);
  for (std::size_t i = 0; i < kPrograms.size(); ++i) {
    const bool allowed = evaluate(kPrograms[i].instructions(), call) == SECCOMP_RET_ALLOW;
    CHECK(allowed == permits(*all_policies()[i], call));
  }
  std::vector<Instruction> program;
  while (in.remaining() >= sizeof(Instruction)) {
    program.push_back({in.little_endian<std::uint16_t>(), in.little_endian<std::uint8_t>(),
                       in.little_endian<std::uint8_t>(), in.little_endian<std::uint32_t>()});
  }
  CHECK(evaluate(program, call) == evaluate(program, call));
  return 0;
}
