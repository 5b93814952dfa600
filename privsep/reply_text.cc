#include "privsep/reply_text.h"

#include <array>
#include <charconv>
#include <string_view>

#include "base/byte_writer.h"
#include "base/bytes.h"

namespace sallyport::privsep {
namespace {

void text(ByteWriter& out, std::string_view words) { out.bytes(bytes_of(words)); }

void number(ByteWriter& out, std::uint32_t value) {
  std::array<char, 10> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  text(out, std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

void two_numbers(ByteWriter& out, std::string_view before, std::uint32_t a, std::uint32_t b, std::string_view after) {
  text(out, before);
  number(out, a);
  text(out, ";");
  number(out, b);
  text(out, after);
}

}  // namespace

std::span<const std::byte> print_reply(const Reply& reply, WindowSize size, WindowSize largest,
                                       std::span<std::byte, kMaxReplyBytes> buffer) {
  ByteWriter out(buffer);
  switch (reply.kind) {
    case ReplyKind::kPrimaryAttributes: text(out, "\x1b[?62;22c"); break;
    case ReplyKind::kSecondaryAttributes: text(out, "\x1b[>1;10;0c"); break;
    case ReplyKind::kStatusOk: text(out, "\x1b[0n"); break;
    case ReplyKind::kCursorPosition:
      if (reply.a < 1 || reply.a > largest.rows || reply.b < 1 || reply.b > largest.columns) return {};
      two_numbers(out, "\x1b[", reply.a, reply.b, "R");
      break;
    case ReplyKind::kPrivateMode: two_numbers(out, "\x1b[?", reply.a, reply.b, "$y"); break;
    case ReplyKind::kAnsiMode: two_numbers(out, "\x1b[", reply.a, reply.b, "$y"); break;
    case ReplyKind::kVersion: text(out, "\x1bP>|sallyport " SALLYPORT_VERSION "\x1b\\"); break;
    case ReplyKind::kWindowSize: two_numbers(out, "\x1b[8;", size.rows, size.columns, "t"); break;
    case ReplyKind::kRefusedStatusString: text(out, "\x1bP0$r\x1b\\"); break;
    case ReplyKind::kRefusedTermcap: text(out, "\x1bP0+r\x1b\\"); break;
  }
  return out.ok() ? out.written() : std::span<const std::byte>{};
}

}  // namespace sallyport::privsep
