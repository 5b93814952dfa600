#include <array>
#include <chrono>

#include "tests/client_hostile/attack.h"

namespace sallyport::hostile_server {
namespace {

using std::chrono::milliseconds;

/// A step again and again, until the client has begun to leave and been kept waiting for two seconds.
template <typename Step>
void for_ever(HostileLink& link, Step step) {
  while (!link.leaving()) {
    step();
    link.pump(milliseconds(1));
  }
  const TimePoint end = link.now() + std::chrono::seconds(2);
  while (link.now() < end) {
    step();
    link.pump(milliseconds(1));
  }
}

constexpr std::array kAttacks = {
    Attack{"endless_diffs_of_4_mib", Outcome::kEndless,
           [](HostileLink& link) {
             std::string diff = link.random_bytes(4190000);
             for (char& byte : diff) byte = static_cast<char>(' ' + (byte & 63));
             for_ever(link, [&] { link.state(host_bytes(diff)); });
           }},
    Attack{"endless_states", Outcome::kEndless,
           [](HostileLink& link) {
             for_ever(link, [&] { link.state(host_bytes("\x1b[H\x1b[2Jstate " + std::to_string(link.newest()))); });
           }},
    Attack{"endless_screens_of_colours", Outcome::kEndless,
           [](HostileLink& link) {
             std::uint64_t colour = 0;
             for_ever(link, [&] {
               std::string screen = "\x1b[H";
               for (int cell = 0; cell < 1920; ++cell, ++colour) {
                 screen += "\x1b[38;2;" + std::to_string(colour & 255U) + ";" + std::to_string(colour >> 8U & 255U) +
                           ";" + std::to_string(colour >> 16U & 255U) + ";1;3;4;5;7m" + "e\xcc\x81\xcc\x82\xcc\x83";
               }
               link.state(host_bytes(screen));
             });
           }},
    Attack{"endless_insertions", Outcome::kEndless,
           [](HostileLink& link) {
             const std::string diff = "x" + repeated("\x1b[65535@\x1b[65535P\x1b[65535L\x1b[65535b", 120000);
             for_ever(link, [&] { link.state(host_bytes(diff)); });
           }},
    Attack{"endless_sizes", Outcome::kEndless,
           [](HostileLink& link) {
             for_ever(link, [&] {
               std::string diff;
               for (int i = 0; i < 500; ++i)
                 diff += screen_size(1, 1) + screen_size(1000, 1000) + host_bytes("\x1b[2Jx");
               link.state(diff);
             });
           }},
    Attack{"endless_titles_and_clipboards", Outcome::kEndless,
           [](HostileLink& link) {
             for_ever(link, [&] {
               const std::string number = std::to_string(1000000 + link.newest() % 1000000);
               link.state(host_bytes("\x1b]0;" + number + "\a\x1b]52;c;" + repeated(number + "A", 2000) + "\a\a"));
             });
           }},
    Attack{"endless_fragments", Outcome::kEndless,
           [](HostileLink& link) {
             std::uint64_t id = 1U << 20U;
             for_ever(link, [&] {
               for (std::uint16_t n = 0; n < 64; ++n) link.fragment(id, n, false, std::string(1200, 'f'));
               ++id;
             });
           }},
    Attack{"endless_zlib_bombs", Outcome::kEndless,
           [](HostileLink& link) {
             const std::string bomb(4194000, 'a');
             for_ever(link, [&] { link.plain(bomb); });
           }},
    // 2,000 a second: a stock client pauses for each.
    Attack{"endless_oversize_without_the_key", Outcome::kEndless,
           [](HostileLink& link) {
             const std::string oversize(2500, '\x80');
             for_ever(link, [&] { link.datagram(oversize), link.datagram(oversize); });
           }},
    Attack{"silence", Outcome::kEndless, [](HostileLink& link) { for_ever(link, [] {}); }},
};

}  // namespace

std::span<const Attack> endless_attacks() { return kAttacks; }

}  // namespace sallyport::hostile_server
