#include <array>
#include <chrono>

#include "base/bytes.h"
#include "tests/client_hostile/attack.h"

namespace sallyport::hostile_server {
namespace {

using std::chrono::milliseconds;

/// A whole honest instruction with text on the screen, compressed: to be cut and spoilt.
std::string honest_stream(HostileLink& link, std::size_t text) {
  Instruction instruction = link.next();
  // Letters that do not compress, so that there are several fragments.
  std::string letters = link.random_bytes(text);
  for (char& letter : letters) letter = static_cast<char>('a' + (letter & 15));
  instruction.diff = host_bytes(letters);
  net::Deflater deflater;
  return std::string(text_of(deflater.deflate(bytes_of(serialized(instruction)))));
}

/// zlib's stored form of a block, which may claim anything.
std::string stored(std::string_view data) {
  std::string out = "\x78\x01";
  out += '\x01';
  out += static_cast<char>(data.size() & 0xFFU);
  out += static_cast<char>(data.size() >> 8U);
  out += static_cast<char>(~data.size() & 0xFFU);
  out += static_cast<char>((~data.size() >> 8U) & 0xFFU);
  out += data;
  return out + "\x01\x02\x03\x04";  // not its check sum
}

std::string raw_fragment(std::uint64_t id, std::uint16_t word) {
  std::string out;
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(id >> static_cast<unsigned>(shift));
  out += static_cast<char>(word >> 8U);
  out += static_cast<char>(word & 0xFFU);
  return out;
}

constexpr std::array kAttacks = {
    Attack{"payload_too_short", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::size_t size = 0; size < 10; ++size) link.payload(std::string(size, '\0'));
           }},
    Attack{"plaintext_too_short", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::size_t size = 0; size < 4; ++size) link.packet(std::string(size, 'x'));
           }},
    Attack{"longest_datagrams", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::size_t size : {1980U, 2010U, 2023U, 2024U})
               link.payload(raw_fragment(size, 0) + std::string(size - 14, 'x'));
           }},
    Attack{"reflected_direction", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t n = 0; n < 50; ++n)
               link.packet_as(n, std::string("\0\0\xFF\xFF", 4) + raw_fragment(n, 0x8000) + "x");
           }},
    Attack{"timestamps_of_every_kind", Outcome::kGoesOn,
           [](HostileLink& link) {
             constexpr std::array<std::uint16_t, 6> kStamps = {0, 1, 0x7FFF, 0x8000, 0xFFFE, 0xFFFF};
             for (const std::uint16_t stamp : kStamps) {
               for (const std::uint16_t reply : kStamps) link.payload_at(stamp, reply, raw_fragment(1, 0));
             }
             for (int i = 0; i < 300; ++i) {
               link.payload_at(static_cast<std::uint16_t>(link.random()), static_cast<std::uint16_t>(link.random()),
                               raw_fragment(1, 0));
             }
           }},
    Attack{"sequence_jumps", Outcome::kGoesOn,
           [](HostileLink& link) {  // far ahead in other kinds of numbers is tried by sequence_number_at_its_end
             for (int i = 0; i < 200; ++i)
               link.payload(raw_fragment(link.random(), static_cast<std::uint16_t>(link.random())) + "x");
           }},
    Attack{"fragment_conflicting_copy", Outcome::kGoesOn,
           [](HostileLink& link) {
             link.fragment(900, 0, false, "one");
             link.fragment(900, 0, false, "two");
             link.fragment(901, 0, false, "one");
             link.fragment(901, 0, false, "longer");
           }},
    Attack{"fragment_conflicting_finals", Outcome::kGoesOn,
           [](HostileLink& link) {
             link.fragment(910, 5, true, "six");
             link.fragment(910, 3, true, "four");
             link.fragment(911, 3, true, "four");
             link.fragment(911, 5, true, "six");
           }},
    Attack{"fragment_final_below_a_held_one", Outcome::kGoesOn,
           [](HostileLink& link) {
             link.fragment(920, 7, false, "seven");
             link.fragment(920, 2, true, "two");
           }},
    Attack{"fragment_beyond_the_final", Outcome::kGoesOn,
           [](HostileLink& link) {
             link.fragment(930, 2, true, "two");
             link.fragment(930, 9, false, "nine");
           }},
    Attack{"fragment_number_32767", Outcome::kGoesOn,
           [](HostileLink& link) {
             link.fragment(940, 32767, false, "far");
             link.fragment(941, 32767, true, "far");
             link.fragment(941, 32766, false, "far");
           }},
    Attack{"fragment_ids_of_every_kind", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t id : {std::uint64_t{0}, UINT64_MAX, UINT64_MAX - 1, std::uint64_t{1} << 63U}) {
               link.fragment(id, 0, true, "not zlib");
               link.fragment(id, 0, false, "again");
               link.fragment(id, 0, true, honest_stream(link, 10));
             }
           }},
    Attack{"fragments_of_two_instructions_by_turns", Outcome::kGoesOn,
           [](HostileLink& link) {
             const std::string stream = honest_stream(link, 4000);
             for (std::uint16_t n = 0; n * 500U < stream.size(); ++n) {
               for (const std::uint64_t id : {std::uint64_t{950}, std::uint64_t{951}})
                 link.fragment(id, n, (n + 1U) * 500U >= stream.size(), stream.substr(n * 500U, 500));
             }
           }},
    Attack{"fragments_without_bytes", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint16_t n = 0; n < 300; ++n) link.fragment(960, n, n == 299, "");
             link.fragment(961, 0, true, "");
           }},
    Attack{"fragments_never_finished", Outcome::kGoesOn,
           [](HostileLink& link) {
             const std::string slice = link.random_bytes(1900);
             for (std::uint16_t n = 0; n < 8000; ++n) link.fragment(970, n, false, slice);
           }},
    Attack{"zlib_bomb", Outcome::kGoesOn,
           [](HostileLink& link) {  // 256 MiB of zeros, as an instruction's diff and as nothing
             net::Deflater deflater(9);
             const std::string block = number_field(1, 2) + bytes_field(7, std::string(4000000, '\0'));
             link.stream(text_of(deflater.deflate(bytes_of(block))));
             // A dynamic block that copies one zero a thousand times over, made by hand: RFC 1951, stored first, then
             // fixed copies.
             std::string bomb = "\x78\x9C";
             unsigned bit = 0;
             unsigned held = 0;
             const auto put = [&](unsigned value, unsigned count) {
               for (unsigned i = 0; i < count; ++i) {
                 held |= ((value >> i) & 1U) << bit;
                 if (++bit == 8) {
                   bomb += static_cast<char>(held);
                   bit = held = 0;
                 }
               }
             };
             put(1, 1);     // the last block
             put(1, 2);     // fixed codes
             put(0x0C, 8);  // the literal 0: code 00110000, most significant bit first
             for (int i = 0; i < 1'000'000; ++i) {
               put(0xA3, 8);  // length code 285 (258 bytes): 11000101, reversed
               put(0, 5);     // distance 1
             }
             put(0, 7);
             put(0, 8);
             link.stream(bomb);
           }},
    Attack{"zlib_truncated", Outcome::kGoesOn,
           [](HostileLink& link) {
             const std::string stream = honest_stream(link, 200);
             for (std::size_t size = 0; size < stream.size(); ++size) link.stream(stream.substr(0, size));
           }},
    Attack{"zlib_damaged", Outcome::kGoesOn,
           [](HostileLink& link) {
             const std::string stream = honest_stream(link, 100);
             for (std::size_t at = 0; at < stream.size(); ++at) {
               std::string damaged = stream;
               damaged[at] = static_cast<char>(damaged[at] ^ (1 << (at % 8)));
               link.stream(damaged);
             }
             link.stream("\x78\xBB\x01\x02\x03\x04\x05");  // wants a dictionary
             link.stream(stored(std::string(900, 'x')));
             link.stream(link.random_bytes(1000));
             // The bits between the last block and the check sum mean nothing: the client may have taken one of them, whole.
             link.continue_from(link.newest() + 1);
           }},
};

constexpr std::array kWithoutKey = {
    Attack{"oversize_without_the_key", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (int i = 0; i < 40; ++i) link.datagram(std::string(2500, '\x80'));
           }},
    Attack{"junk_without_the_key", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::size_t size : {0U, 1U, 8U, 23U, 24U, 37U, 38U, 100U, 1252U, 2048U, 2049U, 9000U, 65000U}) {
               for (char first : {'\0', '\x80', '\xFF'}) link.datagram(std::string(size, first));
             }
             for (int i = 0; i < 500; ++i) link.datagram('\x80' + link.random_bytes(link.random() % 1400));
           }},
};

}  // namespace

std::span<const Attack> packet_attacks() { return kAttacks; }
std::span<const Attack> keyless_attacks() { return kWithoutKey; }

}  // namespace sallyport::hostile_server
