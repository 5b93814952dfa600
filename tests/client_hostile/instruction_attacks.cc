#include <array>
#include <chrono>
#include <initializer_list>

#include "tests/client_hostile/attack.h"

namespace sallyport::hostile_server {
namespace {

constexpr std::uint64_t kLast = UINT64_MAX;

/// An honest instruction, spoilt.
template <typename Spoil>
void spoilt(HostileLink& link, Spoil spoil) {
  Instruction instruction = link.next();
  instruction.diff = host_bytes("spoilt");
  spoil(instruction);
  link.instruction(instruction);
}

/// States with these sizes of the screen, one by one and all in one.
void sizes(HostileLink& link, std::initializer_list<std::pair<std::int64_t, std::int64_t>> wanted) {
  std::string all;
  for (const auto& [columns, rows] : wanted) {
    const std::string element = screen_size(columns, rows) + host_bytes("\x1b[Hsize\x1b[999;999H*");
    (void)link.settle(element, std::chrono::milliseconds(400));
    all += element;
  }
  (void)link.settle(all, std::chrono::milliseconds(400));
  // A client that clamps one of the sizes goes on with it: leave it with an ordinary one.
  (void)link.settle(screen_size(80, 24), std::chrono::milliseconds(400));
}

/// Diffs that are not HostMessages, each as a state of its own.
void diffs(HostileLink& link, std::initializer_list<std::string> wanted) {
  for (const std::string& diff : wanted) {
    spoilt(link, [&](Instruction& instruction) { instruction.diff = diff; });
    link.continue_from(link.newest() + 1);
  }
}

std::string nested(std::uint64_t field, int depth) {
  std::string inner;
  for (int i = 0; i < depth; ++i) inner = bytes_field(field, inner);
  return inner;
}

constexpr std::array kAttacks = {
    Attack{"protobuf_garbage", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::size_t size : {1U, 2U, 10U, 100U, 1000U, 20000U}) {
               for (int i = 0; i < 10; ++i) link.plain(link.random_bytes(size));
             }
           }},
    Attack{"protobuf_wrong_wire_types", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t field = 0; field < 9; ++field) {
               for (std::uint64_t type = 0; type < 8; ++type) {
                 link.plain(varint(field << 3U | type) + "\x05" + "abcdefgh");
                 link.plain(serialized(link.next()) + varint(field << 3U | type));
               }
             }
           }},
    Attack{"protobuf_lengths_that_lie", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t size : {std::uint64_t{1}, std::uint64_t{1} << 31U, std::uint64_t{1} << 32U,
                                        (std::uint64_t{1} << 63U) - 1, kLast}) {
               link.plain(varint(6U << 3U | 2U) + varint(size));
               spoilt(link, [&](Instruction& it) { it.diff = varint(1U << 3U | 2U) + varint(size) + "abc"; });
             }
             link.plain(varint(6U << 3U | 2U) + repeated("\xFF", 30));
           }},
    Attack{"protobuf_overlong_numbers", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t field = 1; field < 6; ++field)
               link.plain(varint(field << 3U) + repeated("\xFF", 11) + "\x01");
             link.plain(repeated("\x80", 100) + std::string(1, '\0'));
           }},
    Attack{"protobuf_deep_nesting", Outcome::kGoesOn,
           [](HostileLink& link) {
             link.plain(repeated("\x0B", 100000) + repeated("\x0C", 100000));  // groups
             link.plain(repeated("\x63", 1000000));
             spoilt(link, [&](Instruction& it) { it.diff = repeated("\x0B", 100000); });
             link.continue_from(link.newest() + 1);
             spoilt(link, [&](Instruction& it) { it.diff = nested(1, 2000); });
             link.continue_from(link.newest() + 1);
           }},
    Attack{"protobuf_unknown_fields", Outcome::kGoesOn,
           [](HostileLink& link) {
             std::string fields;
             for (std::uint64_t field = 8; field < 4000; ++field)
               fields += number_field(field, field) + bytes_field(field, "x");
             spoilt(link, [&](Instruction& it) { it.diff = host_bytes("unknown") + fields; });
             link.continue_from(link.newest() + 1);
             link.plain(fields + serialized(link.next()) + fields);
             link.continue_from(link.newest() + 1);
           }},
    Attack{"protocol_versions", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t version : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{3},
                                           std::uint64_t{1} << 32U, (std::uint64_t{1} << 32U) + 2, kLast}) {
               spoilt(link, [&](Instruction& it) { it.version = version; });
               link.continue_from(link.newest() + 1);  // 2^32 + 2 may be taken for 2
             }
           }},
    Attack{"old_number_unknown", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t old : {link.newest() + 5, std::uint64_t{1} << 32U, kLast - 1, kLast}) {
               spoilt(link, [&](Instruction& it) { it.old_num = old; });
               spoilt(link, [&](Instruction& it) { it.old_num = it.throwaway_num = old; });
             }
           }},
    Attack{"new_number_not_above_old", Outcome::kGoesOn,
           [](HostileLink& link) {
             (void)link.settle(host_bytes("a"));
             (void)link.settle(host_bytes("b"));
             spoilt(link, [](Instruction& it) { it.new_num = it.old_num; });
             spoilt(link, [](Instruction& it) { it.new_num = it.old_num - 1; });
             spoilt(link, [](Instruction& it) { it.new_num = 0; });
             spoilt(link, [](Instruction& it) { it.new_num = 0, it.old_num = it.throwaway_num = 0; });
           }},
    Attack{"throwaway_above_everything", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t above :
                  {link.newest() + 1, link.newest() + 2, std::uint64_t{1} << 40U, kLast - 1, kLast}) {
               spoilt(link, [&](Instruction& it) { it.throwaway_num = above; });
             }
           }},
    Attack{
        "throwaway_above_old", Outcome::kGoesOn,
        [](HostileLink& link) {
          (void)link.settle(host_bytes("a"));
          const std::uint64_t base = link.acknowledged();
          for (std::uint64_t i = 1; i <= 3; ++i) {
            spoilt(link, [&](Instruction& it) { it.old_num = base, it.throwaway_num = base, it.new_num = base + i; });
          }
          spoilt(link, [&](Instruction& it) { it.old_num = base, it.throwaway_num = base + 2, it.new_num = base + 4; });
          link.continue_from(base + 4);
        }},
    Attack{"acks_of_states_never_sent", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t ack : {std::uint64_t{1000}, std::uint64_t{1} << 40U, kLast - 1, kLast}) {
               spoilt(link, [&](Instruction& it) { it.ack_num = ack; });
               link.continue_from(link.newest() + 1);
             }
           }},
    Attack{"acks_that_go_back", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint64_t ack : {std::uint64_t{1}, std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{0}}) {
               spoilt(link, [&](Instruction& it) { it.ack_num = ack; });
               link.continue_from(link.newest() + 1);
             }
           }},
    Attack{"the_same_state_with_other_content", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (int i = 0; i < 50; ++i)
               spoilt(link, [&](Instruction& it) { it.diff = host_bytes("version " + std::to_string(i)); });
             link.continue_from(link.newest() + 1);
           }},
    Attack{"states_out_of_order", Outcome::kGoesOn,
           [](HostileLink& link) {
             const std::uint64_t from = link.newest();
             for (std::uint64_t i = 300; i > 0; --i) spoilt(link, [&](Instruction& it) { it.new_num = from + i; });
             link.continue_from(from + 300);
           }},
    Attack{"host_message_garbage", Outcome::kGoesOn,
           [](HostileLink& link) {
             diffs(link, {"\x0A", "\x0A\x7F", "\xFF", link.random_bytes(50), link.random_bytes(5000),
                          bytes_field(1, "\xFF\xFF"), bytes_field(1, bytes_field(2, "\xFF")),
                          bytes_field(1, number_field(2, 5)), bytes_field(2, "x"), number_field(1, 1),
                          host_bytes("before") + "\xFF", std::string(100, '\0')});
           }},
    Attack{"host_message_of_other_kinds", Outcome::kGoesOn,
           [](HostileLink& link) {
             const std::string keys = bytes_field(1, bytes_field(2, bytes_field(4, "k") + bytes_field(4, "later")));
             const std::string both =
                 bytes_field(1, bytes_field(2, bytes_field(4, "text")) + bytes_field(3, number_field(5, 100)) +
                                    bytes_field(7, number_field(8, 1)));
             diffs(link, {keys, both, repeated(bytes_field(1, ""), 100000), repeated(host_bytes(""), 100000)});
           }},
    Attack{"sizes_zero_and_below", Outcome::kGoesOn,
           [](HostileLink& link) {
             sizes(link, {{0, 0}, {0, 24}, {80, 0}, {-1, -1}, {-1, 24}, {INT32_MIN, 24}, {80, INT32_MIN}});
           }},
    Attack{"sizes_of_one_cell", Outcome::kGoesOn,
           [](HostileLink& link) {
             sizes(link, {{1, 1}, {1, 24}, {80, 1}, {2, 2}});
           }},
    Attack{"sizes_far_too_large", Outcome::kGoesOn,
           [](HostileLink& link) {
             sizes(link, {{65535, 1},
                          {1, 65535},
                          {4096, 4096},
                          {65535, 65535},
                          {INT32_MAX, INT32_MAX},
                          {std::int64_t{1} << 31, std::int64_t{1} << 31},
                          {std::int64_t{1} << 32, 24},
                          {INT64_MAX, INT64_MIN}});
           }},
    Attack{"echo_ack_that_goes_back", Outcome::kGoesOn,
           [](HostileLink& link) {
             diffs(link, {echo_ack(5), echo_ack(4), echo_ack(kLast), echo_ack(0),
                          echo_ack(3) + echo_ack(2) + echo_ack(kLast) + echo_ack(1)});
           }},
    Attack{"state_number_at_its_end", Outcome::kDeaf,
           [](HostileLink& link) { spoilt(link, [](Instruction& it) { it.new_num = kLast - 1; }); }},
    Attack{"sequence_number_at_its_end", Outcome::kDeaf,
           [](HostileLink& link) {
             for (std::uint64_t number : {std::uint64_t{1} << 62U, (std::uint64_t{1} << 63U) - 1}) {
               link.packet_as(number | std::uint64_t{1} << 63U,
                              std::string("\0\0\xFF\xFF", 4) + std::string(8, '\1') + std::string("\x80\0x", 3));
             }
           }},
    Attack{"last_state_at_once", Outcome::kEnds, [](HostileLink& link) { link.close(); }},
    Attack{"last_state_again_and_again", Outcome::kEnds,
           [](HostileLink& link) {
             for (int i = 0; i < 100; ++i) link.close();
           }},
    Attack{"last_state_with_everything_thrown_away", Outcome::kEnds,
           [](HostileLink& link) {
             spoilt(link, [](Instruction& it) { it.new_num = it.throwaway_num = kLast; });
             link.close();
           }},
    Attack{"last_state_then_more", Outcome::kEnds,
           [](HostileLink& link) {
             link.close();
             for (int i = 0; i < 100; ++i) {
               spoilt(link, [](Instruction&) {});
               link.continue_from(link.newest() + 1);
             }
             link.close();
           }},
    Attack{"last_state_that_is_no_screen", Outcome::kEnds,
           [](HostileLink& link) {
             spoilt(link, [](Instruction& it) { it.new_num = kLast, it.diff = "\xFF\xFF"; });
             link.pump(std::chrono::milliseconds(100));
             link.close();
           }},
};

}  // namespace

std::span<const Attack> instruction_attacks() { return kAttacks; }

}  // namespace sallyport::hostile_server
