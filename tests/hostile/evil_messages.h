// What a compartment in an attacker's hands says: mostly messages that the phase permits, with fields at and one beyond
// their bounds, cut, lengthened, changed in single bits, repeated where once is the rule, with descriptors attached,
// and noise.
#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "tests/hostile/permitted.h"

namespace sallyport::hostile {

struct EvilRecord {
  std::string bytes;
  bool descriptor = false;
};

class EvilMessages {
 public:
  explicit EvilMessages(std::uint64_t seed) : random_(seed) {}

  /// The next record of net's or the terminal's for a session that is as `session` says.
  EvilRecord from_net(const Permitted& session);
  EvilRecord from_terminal(const Permitted& session);
  /// What a program prints: text, questions, lone introducers.
  std::string output();
  /// From now on net's input comes in large pieces, up to its credit and beyond, or not.
  void be_greedy(bool greedy) { greedy_ = greedy; }
  /// True once in `out_of` times.
  bool once_in(std::uint32_t out_of) { return below(out_of) == 0; }
  /// 0 to `end` - 1.
  std::uint32_t below(std::uint32_t end) { return static_cast<std::uint32_t>((random_() >> 32U) * end >> 32U); }

 private:
  std::string net_body(unsigned char type, const Permitted& session);
  std::string input(const Permitted& session);
  std::string typed(std::size_t size);
  std::string address();
  std::string log();
  std::uint64_t state_after(std::uint64_t newest);
  std::uint32_t side();
  void mutate(EvilRecord& record);
  std::string noise(std::size_t size);

  std::mt19937_64 random_;
  bool greedy_ = false;
};

}  // namespace sallyport::hostile
