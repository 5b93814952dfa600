#include "tests/hostile/evil_messages.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string_view>

namespace sallyport::hostile {
namespace {

/// One mutation in so many records: sessions then last long enough for every phase and every order of messages.
constexpr std::uint32_t kMutateOneIn = 24;

void put(std::string& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}

}  // namespace

std::string EvilMessages::noise(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; i += 8) {
    const std::uint64_t word = random_();
    std::memcpy(text.data() + i, &word, std::min<std::size_t>(8, size - i));
  }
  return text;
}

std::uint64_t EvilMessages::state_after(std::uint64_t newest) {
  const std::uint32_t kind = below(2000);
  if (kind == 0) return newest - 1;  // wraps at zero: the largest number of all
  if (kind == 1) return newest / 2;
  if (kind == 2) return UINT64_MAX;
  if (kind < 600) return newest;
  return newest == UINT64_MAX ? newest : newest + below(3);
}

std::string EvilMessages::typed(std::size_t size) {
  switch (below(8)) {
    case 0:
      return std::string(size, '\033');
    case 1:
      return std::string("\033[0n\033[?62;22c\033P>|x\033\\").substr(0, size);
    case 2:
      return std::string("\003\004\032\021\023\r\n\177").substr(0, size);
    default:
      return noise(size);
  }
}

std::string EvilMessages::input(const Permitted& session) {
  std::string body;
  put(body, state_after(session.newest_input()), 8);
  const std::uint32_t kind = below(3000);
  std::size_t size = below(40);
  if (kind < 6) size = 8189 + below(6);  // around the largest piece
  if (kind >= 6 && kind < 20) size = below(8193);
  if (greedy_) size = 4096 + below(4097);
  // What is left of the credit, to the byte, or one more.
  if (greedy_ && session.unread() + 8192 > 65536) size = 65536 - session.unread() + below(2);
  const bool last = size == 0 ? !once_in(500) : below(2) == 0;
  body += static_cast<char>(once_in(1500) ? 2 + below(254) : (last ? 1 : 0));
  return body + typed(size);
}

std::string EvilMessages::address() {
  std::string body(1, once_in(400) ? static_cast<char>(below(256)) : (below(2) == 0 ? '\4' : '\6'));
  body += body[0] == 4 && !once_in(400) ? noise(4) + std::string(12, '\0') : noise(16);
  return body + noise(2);
}

std::string EvilMessages::log() {
  std::string body;
  body += static_cast<char>(once_in(300) ? below(256) : below(4));
  body += static_cast<char>(once_in(300) ? below(256) : below(5));
  return body + noise(24);
}

std::uint32_t EvilMessages::side() {
  static constexpr std::array<std::uint32_t, 8> kEdges = {0, 1, 2, 4095, 4096, 4097, 65536, UINT32_MAX};
  if (once_in(100)) return kEdges[below(kEdges.size())];
  return once_in(10) ? 1 + below(1024) : 20 + below(200);
}

std::string EvilMessages::net_body(unsigned char type, const Permitted& session) {
  std::string body;
  switch (type) {
    case 0x82:
    case 0x83:
      return address();
    case 0x84:
      return input(session);
    case 0x85:
      put(body, state_after(session.newest_resize()), 8);
      put(body, side(), 4);
      put(body, side(), 4);
      return body;
    case 0x88:
      return std::string(1, static_cast<char>(below(once_in(4) ? 256 : 9)));
    case 0x7F:
      return log();
    default:
      return body;
  }
}

EvilRecord EvilMessages::from_net(const Permitted& session) {
  static constexpr std::array<unsigned char, 16> kBefore = {0x82, 0x82, 0x82, 0x82, 0x82, 0x82, 0x82, 0x82,
                                                            0x82, 0x82, 0x82, 0x7F, 0x7F, 0x7F, 0x7F, 0x7F};
  static constexpr std::array<unsigned char, 16> kAfter = {0x84, 0x84, 0x84, 0x84, 0x84, 0x84, 0x84, 0x84,
                                                           0x84, 0x85, 0x85, 0x83, 0x86, 0x87, 0x7F, 0x7F};
  unsigned char type = (session.running() ? kAfter : kBefore)[below(16)];
  if (once_in(120)) type = static_cast<unsigned char>(0x81 + below(8));  // whether the phase permits it or not
  EvilRecord record{static_cast<char>(type) + net_body(type, session)};
  if (once_in(kMutateOneIn)) mutate(record);
  return record;
}

EvilRecord EvilMessages::from_terminal(const Permitted& session) {
  EvilRecord record;
  const std::uint32_t kind = below(10);
  if (once_in(8)) {
    record.bytes = "\x7F" + log();
  } else {
    record.bytes = std::string("\x91") + static_cast<char>(kind);
    const bool cursor = kind == 3, mode = kind == 4 || kind == 5;
    const std::uint32_t beyond = once_in(150) ? 1 : 0;
    const std::uint32_t most_a = cursor ? session.most_rows() : mode ? 65535 : 0;
    const std::uint32_t most_b = cursor ? session.most_columns() : mode ? 4 : 0;
    const std::uint32_t least = cursor ? 1 : 0;
    const bool second = below(2) == 0;  // which of the two is one beyond its bounds
    put(record.bytes, beyond == 1 && !second ? most_a + 1 : least + below(most_a + 1 - least), 4);
    put(record.bytes, beyond == 1 && second ? most_b + 1 : least + below(most_b + 1 - least), 4);
  }
  if (once_in(kMutateOneIn)) mutate(record);
  return record;
}

void EvilMessages::mutate(EvilRecord& record) {
  std::string& bytes = record.bytes;
  const std::size_t at = below(static_cast<std::uint32_t>(bytes.size()));
  switch (below(12)) {
    case 0:
    case 1:
      bytes[at] = static_cast<char>(bytes[at] ^ (1 << below(8)));
      break;
    case 2:
      bytes[at] = static_cast<char>(bytes[at] + (below(2) == 0 ? 1 : -1));
      break;
    case 3:
      bytes.resize(1 + at);
      break;  // cut
    case 4:
      bytes += noise(1 + below(4));
      break;  // longer
    case 5:
      bytes.resize(1 + below(64), '\0');
      break;
    case 6:
      bytes[0] = static_cast<char>(below(256));
      break;
    case 7:
      record.descriptor = true;
      break;
    case 8:
      bytes = noise(1 + below(64));
      break;
    case 9:
      bytes += bytes;
      break;
    case 10:
      bytes.insert(at, noise(1 + below(8)));
      break;
    default:
      if (once_in(20)) bytes.resize(16380 + below(10), 'x');  // around the largest record
      if (once_in(400)) bytes.clear();                        // reads as end of file
      if (once_in(40)) bytes = bytes.substr(0, 1) + noise(below(9000));
      break;
  }
}

std::string EvilMessages::output() {
  static constexpr std::array<std::string_view, 8> kPieces = {"\033[5n",
                                                              "\033[6n",
                                                              "\033[c",
                                                              "\033[>c",
                                                              "plain text",
                                                              "\033",
                                                              "\033[?25$p\033[?1$p",
                                                              "\033\033\033\033\033\033\033\033"};
  std::string text;
  for (std::uint32_t i = 0; i <= below(6); ++i) text += kPieces[below(kPieces.size())];
  return once_in(30) ? text + std::string(40, '\033') : text;
}

}  // namespace sallyport::hostile
