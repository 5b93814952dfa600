// hostile_server ATTACK...: plays attacks against one client, one after another in one session.
//
// Prints "MOSH CONNECT PORT KEY", then "begun NAME" for each attack and, when the session is usable after it, "passed
// NAME": the title "ALIVE-NAME" was sent, its receipt acknowledged, and the driver, having seen it on the client's
// terminal, typed the character 'y', which arrived. "failed NAME" otherwise, and that is the end. At the end "typed
// HEX": all that the client sent as typing.
//
//   --list   names and outcomes, and nothing else

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "tests/client_hostile/attack.h"

namespace sallyport::hostile_server {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kPatience = seconds(15);
constexpr std::array<const char*, 4> kOutcomeNames = {"goes-on", "deaf", "ends", "endless"};

std::vector<Attack> all_attacks() {
  std::vector<Attack> all;
  for (const auto attacks : {packet_attacks(), keyless_attacks(), instruction_attacks(), query_attacks(),
                             screen_attacks(), endless_attacks()}) {
    all.insert(all.end(), attacks.begin(), attacks.end());
  }
  return all;
}

void say(const char* what, std::string_view name) {
  std::printf("%s %.*s\n", what, static_cast<int>(name.size()), name.data());
  std::fflush(stdout);
}

/// A new title, after whatever would be left open; then a key.
bool usable(HostileLink& link, const Attack& attack) {
  const std::string shown =
      "\x18\x1b\\\x1b"
      "c\x1b]2;ALIVE-" +
      std::string(attack.name) + "\a";
  const std::size_t typed = link.typed().size();
  return link.settle(host_bytes(shown), kPatience) && link.wait([&] { return link.typed().size() > typed; }, kPatience);
}

/// Whether further attacks can follow.
bool play(HostileLink& link, const Attack& attack) {
  say("begun", attack.name);
  attack.play(link);
  if (attack.outcome == Outcome::kGoesOn) {
    const bool passed = usable(link, attack);
    say(passed ? "passed" : "failed", attack.name);
    return passed;
  }
  say("played", attack.name);
  // The client leaves when it likes: answered where the protocol wants it, for a while.
  (void)link.wait([&] { return link.leaving(); }, seconds(30));
  if (attack.outcome != Outcome::kEndless) {
    Instruction last = link.next();
    for (int i = 0; i < 5; ++i, link.pump(milliseconds(50))) {
      last.ack_num = UINT64_MAX;
      link.instruction(last);
    }
  }
  return false;
}

int run(std::span<const Attack> attacks) {
  HostileLink link;
  std::printf("MOSH CONNECT %u %s\n", link.port(), std::string(kKeyText).c_str());
  std::fflush(stdout);
  if (!link.wait([&] { return link.heard(); }, seconds(60))) return 1;
  say(link.settle(host_bytes("\x1b[Hhello"), kPatience) ? "connected" : "failed", "");
  const bool all = std::ranges::all_of(attacks, [&](const Attack& attack) { return play(link, attack); });
  std::string hex;
  for (const char byte : link.typed()) {
    std::array<char, 3> digits;
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned char>(byte));
    hex += digits.data();
  }
  say("typed", hex);
  if (all) (void)link.wait([&] { return link.leaving(); }, seconds(30));
  if (all) {
    Instruction last = link.next();
    last.ack_num = UINT64_MAX;
    for (int i = 0; i < 5; ++i, link.pump(milliseconds(50))) link.instruction(last);
  }
  return 0;
}

}  // namespace
}  // namespace sallyport::hostile_server

int main(int argc, char** argv) {
  using namespace sallyport::hostile_server;
  const std::vector<Attack> all = all_attacks();
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "--list") {
    for (const Attack& attack : all)
      say(std::string(attack.name).c_str(), kOutcomeNames.at(static_cast<std::size_t>(attack.outcome)));
    return 0;
  }
  std::vector<Attack> chosen;
  for (const std::string_view word : words) {
    const auto found = std::ranges::find(all, word, &Attack::name);
    if (found == all.end()) {
      std::fprintf(stderr, "hostile_server: no attack named %s\n", std::string(word).c_str());
      return 2;
    }
    chosen.push_back(*found);
  }
  return run(chosen);
}
