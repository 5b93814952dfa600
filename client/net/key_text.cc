#include "client/net/key_text.h"

#include <array>
#include <cstddef>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/wipe.h"
#include "crypto/session_key.h"
#include "privsep/arrange.h"

namespace sallyport::client {
namespace {

KeyFailure failure_of(crypto::KeyTextError error) {
  switch (error) {
    case crypto::KeyTextError::kWrongLength: return KeyFailure::kWrongLength;
    case crypto::KeyTextError::kWrongCharacter: return KeyFailure::kWrongCharacter;
    case crypto::KeyTextError::kNotCanonical: return KeyFailure::kNotCanonical;
  }
  return KeyFailure::kUnreadable;
}

}  // namespace

Result<crypto::SessionKey, KeyFailure> take_key(BorrowedFd source) {
  if (!crypto::protect_process_memory()) return std::unexpected(KeyFailure::kUnreadable);
  // One more than a key has: a longer text is none.
  std::array<std::byte, crypto::kKeyTextCharacters + 1> text{};
  std::size_t size = 0;
  bool readable = true;
  while (size < text.size()) {
    const auto count = sys::read(source, std::span(text).subspan(size));
    readable = count.has_value();
    if (!readable || *count == 0) break;
    size += *count;
  }
  auto key = crypto::SessionKey::parse(text_of(std::span(text).first(size)));
  wipe(text);
  if (!privsep::point_at_null(source) || !readable) return std::unexpected(KeyFailure::kUnreadable);
  if (!key) return std::unexpected(failure_of(key.error()));
  return std::move(*key);
}

}  // namespace sallyport::client
