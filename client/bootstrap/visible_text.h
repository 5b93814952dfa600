// Text of the far side, of ssh or of the command line as it may be shown on a terminal: nothing of it is a control
// sequence. No system call.
#pragma once

#include <string>
#include <string_view>

#include "terminal/utf8.h"

namespace sallyport::client {

/// Makes text visible piece by piece: control characters but tab and newline as ^X (ESC as ^[), except CR, which is
/// left out; what is not well-formed UTF-8, is a control character beyond ASCII, or turns the direction of writing, as
/// "?".
class VisibleText {
 public:
  /// Appends to `out` at most 3 bytes for one of `text`. A character split between two pieces is put together.
  void append(std::string_view text, std::string& out);

 private:
  terminal::Utf8Decoder decoder_;
};

/// All of `text` at once, newlines as ^J.
[[nodiscard]] std::string visible(std::string_view text);

}  // namespace sallyport::client
