#include <array>
#include <chrono>
#include <initializer_list>
#include <string>

#include "tests/client_hostile/attack.h"

namespace sallyport::hostile_server {
namespace {

using std::chrono::milliseconds;

/// Host bytes as one state; attacks that stop a client are not waited for here, but when the session is tried
/// afterwards.
void show(HostileLink& link, std::string_view bytes) { (void)link.settle(host_bytes(bytes), milliseconds(400)); }

/// The same without waiting: each is based on what the client acknowledged last, so that what one leaves open does not
/// cover the next.
void offer(HostileLink& link, std::string_view bytes) {
  link.state(host_bytes(bytes));
  link.pump(milliseconds(2));
}

/// In pieces of 60,000 bytes, each a state, as fast as they are taken.
void show_all(HostileLink& link, std::string_view bytes) {
  for (; !bytes.empty(); bytes.remove_prefix(std::min<std::size_t>(bytes.size(), 60000)))
    show(link, bytes.substr(0, 60000));
}

std::string utf8(std::uint32_t code) {
  std::string out;
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((code >> shift) & 0x3FU)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0U | code >> 6U);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0U | code >> 12U);
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0U | code >> 18U);
    tail(12), tail(6), tail(0);
  }
  return out;
}

/// 1,100 states that all build on one, so that none may be forgotten.
template <typename Screen>
void hold(HostileLink& link, Screen screen) {
  const std::uint64_t base = link.acknowledged();
  const std::uint64_t from = link.newest();
  for (std::uint64_t n = 1; n <= 1100 && !link.leaving(); ++n) {
    Instruction state = link.next();
    state.old_num = state.throwaway_num = base;
    state.new_num = from + n;
    state.diff = host_bytes(screen(n));
    link.continue_from(from + n);
    link.instruction(state);
    link.pump(milliseconds(3));
  }
}

/// Every one of these code points, each after a letter.
std::string each(std::initializer_list<std::pair<std::uint32_t, std::uint32_t>> ranges) {
  std::string out;
  for (const auto& [first, last] : ranges) {
    for (std::uint32_t code = first; code <= last; ++code) out += 'a' + utf8(code);
  }
  return out;
}

// What a terminal would answer. The name says what is asked.
constexpr std::array kQueries = {
    Attack{"query_device_attributes", Outcome::kGoesOn, [](HostileLink& link) { show(link, "\x1b[c\x1b[0c\x1bZ"); }},
    Attack{"query_secondary_attributes", Outcome::kGoesOn,
           [](HostileLink& link) { show(link, "\x1b[>c\x1b[>0c\x1b[=c"); }},
    Attack{"query_status", Outcome::kGoesOn, [](HostileLink& link) { show(link, "\x1b[5n"); }},
    Attack{"query_cursor_position", Outcome::kGoesOn, [](HostileLink& link) { show(link, "\x1b[6n\x1b[?6n"); }},
    Attack{"query_modes", Outcome::kGoesOn, [](HostileLink& link) { show(link, "\x1b[?2026$p\x1b[4$p\x1b[?u"); }},
    Attack{"query_version", Outcome::kGoesOn, [](HostileLink& link) { show(link, "\x1b[>q\x1b[>0q"); }},
    Attack{"query_settings", Outcome::kGoesOn,
           [](HostileLink& link) { show(link, "\x1bP$qm\x1b\\\x1bP$q\"p\x1b\\\x1bP+q544e\x1b\\\x1b[1x\x1b[?1;1;0S"); }},
    Attack{"query_window", Outcome::kGoesOn,
           [](HostileLink& link) { show(link, "\x1b[11t\x1b[13t\x1b[14t\x1b[18t\x1b[19t\x1b[20t\x1b[21t"); }},
    Attack{"query_colours", Outcome::kGoesOn,
           [](HostileLink& link) { show(link, "\x1b]4;1;?\a\x1b]10;?\a\x1b]11;?\x1b\\\x1b]12;?\a\x1b]104;1\a"); }},
    Attack{"query_clipboard", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link, "\x1b]52;c;?\a"), show(link, "\x1b]52;c;?\x1b\\"), show(link, "\x1b]52;;?\a\x1b]52;p;?\a");
           }},
    Attack{"query_enquiry", Outcome::kGoesOn, [](HostileLink& link) { show(link, "\x05\x05\x05"); }},
    Attack{"query_flood", Outcome::kGoesOn,
           [](HostileLink& link) { show_all(link, repeated("\x1b[c\x1b[6n\x1b[>c\x1b[5n\x1bZ\x05", 20000)); }},
};

constexpr std::array kAttacks = {
    Attack{"every_control_byte", Outcome::kGoesOn,
           [](HostileLink& link) {
             std::string all;
             for (int c = 0; c < 256; ++c) all += std::string("x") + static_cast<char>(c) + "y";
             show(link, all);
             for (int c = 0; c < 256; ++c) offer(link, std::string(3, static_cast<char>(c)) + "\x18");
           }},
    Attack{"every_c1_code_point", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link, each({{0x80, 0x9F}}));
             for (std::uint32_t code = 0x80; code <= 0x9F; ++code)
               offer(link, utf8(code) + "31;2H;c1\a" + utf8(0x9C) + "\x18");
           }},
    Attack{"every_escape", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (char final = 0x20; final < 0x7F; ++final) offer(link, std::string("a\x1b") + final + "b\x18\x1b\\");
             for (char middle = 0x20; middle < 0x30; ++middle) {
               std::string all;
               for (char final = 0x30; final < 0x7F; ++final) all += std::string("a\x1b") + middle + final + "b";
               offer(link, all);
             }
           }},
    Attack{"every_csi", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::string_view marker : {"", "?", ">", "=", "<", "!"}) {
               for (std::string_view parameters :
                    {"", "0", "1", "2;3", "5;5;5", "65535", "99999999999999999999", ":", "4:3", "-1"}) {
                 std::string all;
                 for (char final = 0x40; final < 0x7F; ++final) {
                   for (std::string_view between : {"", " ", "$", "'"}) {
                     all += "a\x1b[" + std::string(marker) + std::string(parameters) + std::string(between) + final;
                   }
                 }
                 offer(link, all);
               }
             }
           }},
    Attack{"every_mode", Outcome::kGoesOn,
           [](HostileLink& link) {
             std::string all;
             for (int mode = 0; mode < 3000; ++mode) {
               all += "\x1b[?" + std::to_string(mode) + "hx\x1b[?" + std::to_string(mode) + "l\x1b[" +
                      std::to_string(mode) + "hx\x1b[" + std::to_string(mode) + "l";
             }
             show_all(link, all);
           }},
    Attack{"every_rendition", Outcome::kGoesOn,
           [](HostileLink& link) {
             std::string all;
             for (int n = 0; n < 300; ++n) {
               const std::string number = std::to_string(n);
               all += "\x1b[" + number + "mx\x1b[38;5;" + number + "mx\x1b[48;2;" + number + ";" + number + ";" +
                      number + "mx\x1b[38;" + number + "mx\x1b[4:" + number + "mx\x1b[58;5;" + number + "mx";
             }
             show_all(link, all + "\x1b[" + repeated("1;", 300000) + "m");
           }},
    Attack{"random_host_bytes", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (int i = 0; i < 20; ++i) show(link, link.random_bytes(10000));
             for (int i = 0; i < 20; ++i) {
               std::string sequences;
               for (int n = 0; n < 3000; ++n) {
                 constexpr std::string_view kAlphabet =
                     "\x1b[];?0123456789;mHJKLPX@ABCDrhlcn\a\\\x90\x9b\x9d\xc2 \n\r\b";
                 sequences += kAlphabet[link.random() % kAlphabet.size()];
               }
               show(link, sequences);
             }
           }},
    Attack{"insert_65535_characters", Outcome::kGoesOn,
           [](HostileLink& link) { show_all(link, "x" + repeated("\x1b[65535@", 20000)); }},
    Attack{"delete_65535_characters", Outcome::kGoesOn,
           [](HostileLink& link) { show_all(link, repeated("\x1b[65535P", 20000)); }},
    Attack{"everything_65535_times", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (char final : std::string_view("ABCDEFGHIJKLMPSTXZ`abdefgjk"))
               show(link, repeated(std::string("x\x1b[65535") + final, 3000));
           }},
    Attack{"title_of_a_megabyte", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::string_view number : {"0", "1", "2"}) {
               show(link, "\x1b]" + std::string(number) + ";" + std::string(1000000, 't') + "\a");
             }
           }},
    Attack{"title_without_an_end", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link, "\x1b]2;" + std::string(3000000, 't'));
             show(link, std::string(3000000, 't'));
           }},
    Attack{
        "title_with_control_characters", Outcome::kGoesOn,
        [](HostileLink& link) {
          std::string controls;
          for (char c = 1; c < 0x20; ++c) controls += c == '\a' || c == '\x1b' ? '.' : c;
          show(link, "\x1b]0;start" + controls + "\x7f" + each({{0x80, 0x9F}}) + "end\a");
          show(link, "\x1b]2;one\x1b]2;two\x1b[31m\x1b\\\a");
          show(link,
               "\x1b]2;" +
                   each({{0x200B, 0x200F}, {0x202A, 0x202E}, {0x2066, 0x2069}, {0xFFF9, 0xFFFB}, {0xE0001, 0xE007F}}) +
                   "\a");
          show(link, "\x1b]2;\xff\xfe\xc0\x80\xed\xa0\x80\xf4\x90\x80\x80\a");
          show(link, "\x1b]2;" + repeated(utf8(0x301), 200) + "\a\x1b]1;" + repeated(utf8(0x202E), 200) + "\a");
        }},
    Attack{"clipboard_that_is_not_base64", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::string_view data :
                  {"CA*NARY!!", "CA*NARY\x1b[31m", "?CA*NARY", "Q0FO;QVJZ", "Q0FOQVJZ====", "=CA*NARY", "CA*NARY \r\n",
                   "\xc2\x9b"
                   "CA*NARY"}) {
               show(link, "\x1b]52;c;" + std::string(data) + "\a");
               show(link, "\x1b]52;" + std::string(data) + ";Q0FO\a");
               show(link, "\x1b]52;c;" + std::string(data) + "\x1b\\");
             }
             show(link, "\x1b]52;cps01234567;Q0FO\a\x1b]52;c\a\x1b]52\a\x1b]52;c;\a");
           }},
    Attack{"clipboard_of_a_megabyte", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (int i = 0; i < 5; ++i)
               show(link, "\x1b]52;c;" + std::string(1000000, static_cast<char>('A' + i)) + "\a");
             for (int i = 0; i < 100; ++i)
               show(link, "\x1b]52;c;" + std::string(16000, static_cast<char>('A' + i % 26)) + "\a");
           }},
    Attack{"links_of_every_kind", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::string_view url :
                  {"http://CANARY/\x1b[31mx", "http://CANARY/\xc2\x9bx", "http://CANARY\nx", "javascript:x"}) {
               show(link, "\x1b]8;;" + std::string(url) + "\alink\x1b]8;;\a");
               show(link, "\x1b]8;" + std::string(url) + ";http://example.org/\alink\x1b]8;;\x1b\\");
             }
             std::string all;
             for (int n = 0; n < 3000; ++n)
               all += "\x1b]8;id=" + std::to_string(n) + ";http://x/" + std::string(500, 'u') + "\x1b\\l";
             show_all(link, all);
             show(link, "\x1b]8;;http://x/" + std::string(1000000, 'u') + "\alink");  // and never closed
           }},
    Attack{
        "other_osc", Outcome::kGoesOn,
        [](HostileLink& link) {
          for (int number : {3,  4,  5,  6,  7,  9,   10,  11,  12,  13,  17,  22,   46,   50,
                             51, 53, 60, 66, 99, 104, 110, 133, 440, 633, 777, 1337, 5522, 9001}) {
            for (std::string_view end : {"\a", "\x1b\\", "\xc2\x9c"}) {
              show(link, "\x1b]" + std::to_string(number) + ";CANARY;rgb:ff/00/00" + std::string(end) + "\x18");
            }
          }
          show(link,
               "\x1b]I;CANARY\a\x1b]lCANARY\x1b\\\x1b]LCANARY\x1b\\\x1b]0CANARY\a\x1b]00002;CANARY\a\x1b];CANARY\x18");
        }},
    Attack{"control_strings", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (char opener : std::string_view("P_^X")) {
               for (std::string_view body : {"CANARY", "q#0;2;0;0;0CANARY", "$qCANARY", "+q43", "Ga=T,f=24;CANARY",
                                             "tmux;\x1b\x1b]52;c;Q0FOQVJZ\a", "1$tCANARY", "CANARY\aCANARY",
                                             "CANARY\xc2\x9b"
                                             "31m",
                                             "CANARY\r\nCANARY"}) {
                 show(link, std::string("\x1b") + opener + std::string(body) + "\x1b\\");
               }
               show(link, std::string("\x1b") + opener + std::string(500000, 'd') + "CANARY\x1b\\");
             }
             show(link, "\x1bkCANARY-title\x1b\\");
           }},
    Attack{"combining_flood", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link, "e" + repeated(utf8(0x301), 300000));
             std::string all;
             for (int cell = 0; cell < 1920; ++cell)
               all += 'e' + repeated(utf8(0x300 + static_cast<std::uint32_t>(cell) % 64), 40);
             show_all(link, all);
             show(link, "\x1b[H\x1b[2J" + repeated(utf8(0x334), 1000));
           }},
    Attack{"bidirectional_and_zero_width_flood", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link, each({{0x200B, 0x200F},
                              {0x2028, 0x202E},
                              {0x2060, 0x206F},
                              {0x061C, 0x061C},
                              {0xFEFF, 0xFEFF},
                              {0xFFF9, 0xFFFB},
                              {0xFE00, 0xFE0F}}));
             show(link, each({{0xE0001, 0xE0001}, {0xE0020, 0xE007F}, {0xE0100, 0xE01EF}, {0x1D173, 0x1D17A}}));
             show_all(link, "a" + repeated(utf8(0x202E) + utf8(0x200B) + utf8(0x200D) + utf8(0x2066), 50000));
           }},
    Attack{"every_code_point", Outcome::kGoesOn,
           [](HostileLink& link) {
             for (std::uint32_t first = 0xA0; first < 0x20000; first += 0x1000) {
               std::string all = "\x1b[H";
               for (std::uint32_t code = first; code < first + 0x1000; ++code) all += utf8(code);
               show(link, all);
             }
             show(link, each({{0xFDD0, 0xFDEF},
                              {0xFFFE, 0xFFFF},
                              {0x1FFFE, 0x1FFFF},
                              {0x10FFFE, 0x10FFFF},
                              {0x110000, 0x110010},
                              {0xD800, 0xD810},
                              {0xF0000, 0xF0010}}));
           }},
    Attack{"invalid_utf8", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link, repeated("\xff\xf0\x90\x80\xe2\x82\xc0\x80\xed\xa0\x80\xf5\x80\x80\x80\xfe", 4000));
             show(link, "\xe6\xbc");  // the rest never comes
             show(link, "\xf0");
           }},
    Attack{"wide_characters_at_the_margin", Outcome::kGoesOn,
           [](HostileLink& link) {
             const std::string wide = utf8(0x6F22);
             show(link, "\x1b[1;80H" + wide + "\x1b[?7l\x1b[2;80H" + wide + wide + "\x1b[4h\x1b[3;79H" + wide +
                            "x\x1b[3;2H" + wide + repeated(wide, 500));
             show(link, "\x1b[?7h\x1b[4l" +
                            repeated(utf8(0x2764) + utf8(0xFE0F) + utf8(0x1F468) + utf8(0x200D) + utf8(0x1F469), 3000));
           }},
    Attack{"bells", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link, std::string(1000000, '\a'));
             for (int i = 0; i < 300; ++i) link.state(host_bytes("\a"));
           }},
    Attack{"alternate_screens_and_resets", Outcome::kGoesOn,
           [](HostileLink& link) {
             show_all(link, repeated("\x1b[?1049h\x1b[?47h\x1b[?1047l\x1b[?1049l\x1b"
                                     "c\x1b#8\x1b[!p\x1b[?3h",
                                     5000));
             show(link, "\x1b[?1049hin the other one\x1b[?1048h");
           }},
    Attack{"modes_that_hinder", Outcome::kGoesOn,
           [](HostileLink& link) {
             show(link,
                  "\x1b[5;6r\x1b[?6h\x1b[4h\x1b[?7l\x1b[20h\x1b[?3h\x1b(0\x0e\x1b[?69h\x1b[2;3s\x1b[?45h\x1b[?66h\x1b="
                  "\x1b[2\"q\x1b[?25l");
           }},
    Attack{"synchronised_output_never_released", Outcome::kGoesOn,
           [](HostileLink& link) { show(link, "\x1b[?2026hhidden"); }},
    Attack{"held_states_with_a_screen_of_colours_each", Outcome::kGoesOn,
           [](HostileLink& link) {
             hold(link, [](std::uint64_t n) {
               std::string screen = "\x1b[H";
               for (std::uint64_t cell = 0; cell < 1920; ++cell) {
                 const std::uint64_t colour = n * 1920 + cell;
                 screen += "\x1b[38;2;" + std::to_string(colour & 255U) + ";" + std::to_string(colour >> 8U & 255U) +
                           ";" + std::to_string(colour >> 16U & 255U) + "m" + static_cast<char>('a' + colour % 26);
               }
               return screen;
             });
           }},
    Attack{"held_states_with_a_large_screen_each", Outcome::kGoesOn,
           [](HostileLink& link) {
             hold(link, [](std::uint64_t n) {
               return "\x1b[H\x1b[48;5;" + std::to_string(n % 256) + "m" +
                      std::string(12000, static_cast<char>('a' + n % 26));
             });
           }},
    Attack{"held_states_with_clusters_and_links", Outcome::kGoesOn,
           [](HostileLink& link) {
             hold(link, [](std::uint64_t n) {
               std::string screen = "\x1b[H";
               for (std::uint32_t cell = 0; cell < 1920; ++cell) {
                 screen += "\x1b]8;;http://x/" + std::to_string(n) + "/" + std::to_string(cell) + "\ae" +
                           utf8(0x300 + cell % 64) + utf8(0x300 + static_cast<std::uint32_t>(n) % 64);
               }
               return screen;
             });
           }},
    Attack{
        "modes_left_on", Outcome::kDeaf,
        [](HostileLink& link) {
          show(link,
               "\x1b[?5h\x1b[?1004h\x1b[?2004h\x1b[?1003h\x1b[?1006h\x1b[?25l\x1b[?1h\x1b[?1007h\x1b[?9h\x1b[?"
               "1002h\x1b[?1015h\x1b[?1005h\x1b[7;31;44mleft\x1b[3;9r\x1b]8;;http://x/\alink\x1b]2;left\a\x1b[?2026h");
          link.continue_from(link.newest());
        }},
};

}  // namespace

std::span<const Attack> query_attacks() { return kQueries; }
std::span<const Attack> screen_attacks() { return kAttacks; }

}  // namespace sallyport::hostile_server
