// Millions of messages from an evil net and an evil terminal against one monitor after another, each judged by
// Permitted as it goes; stops at the first thing that a monitor must not do.
#pragma once

#include <cstdint>

namespace sallyport::hostile {

/// What a broken monitor would do, done behind the monitor's back, to see that the judge sees it.
enum class Tampering { kNone, kExtraByte, kReplyWithoutQuery, kOlderInputAgain, kRandomByteLate };

struct FloodPlan {
  std::uint64_t seed = 1;
  std::uint64_t messages = 100'000;  ///< that a monitor takes and judges; what it never looks at is not counted
  Tampering tampering = Tampering::kNone;
};

/// Plain, so that it can come from another process of the same program.
struct FloodReport {
  const char* objection = nullptr;  ///< a literal; null: the monitors did nothing else than they may
  std::uint64_t judged = 0, accepted = 0, sessions = 0, violations = 0, descriptors = 0;
  std::uint64_t typed_bytes = 0;  ///< that reached the program, replies among them
  std::uint64_t queries = 0, replies = 0;
  std::int64_t longest_turn_us = 0;
  std::int64_t grown_kib = 0;  ///< resident memory, from a tenth of the way to the end
};

[[nodiscard]] FloodReport flood(const FloodPlan& plan);

}  // namespace sallyport::hostile
