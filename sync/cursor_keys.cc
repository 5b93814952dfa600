#include "sync/cursor_keys.h"

namespace sallyport::sync {
namespace {

constexpr std::byte kEsc{0x1B};
constexpr std::byte kSs3Introducer{'O'};
constexpr std::byte kCsiIntroducer{'['};

bool is_arrow(std::byte byte) { return byte >= std::byte{'A'} && byte <= std::byte{'D'}; }

}  // namespace

void CursorKeyFilter::filter(std::span<const std::byte> input, CursorKeyMode mode, SecretBytes& output) {
  output.reserve(output.size() + input.size() + 1);
  for (const std::byte byte : input) {
    switch (state_) {
      case State::kGround:
        output.push_back(byte);
        state_ = byte == kEsc ? State::kEscape : State::kGround;
        break;
      case State::kEscape:
        if (byte != kSs3Introducer) output.push_back(byte);
        state_ = byte == kSs3Introducer ? State::kSs3 : State::kGround;
        break;
      case State::kSs3:
        output.push_back(mode == CursorKeyMode::kNormal && is_arrow(byte) ? kCsiIntroducer : kSs3Introducer);
        output.push_back(byte);
        state_ = State::kGround;
        break;
    }
  }
}

}  // namespace sallyport::sync
