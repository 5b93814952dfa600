// Words as a POSIX shell reads and writes them: what --ssh is split by, and what the far side's shell is given (command
// line 3.1, 3.6). No expansion of any kind. No system call.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport::client {

/// The words of `text`; nothing if a quote is not closed or a backslash ends it. Blanks, tabs and newlines separate.
[[nodiscard]] std::optional<std::vector<std::string>> split_words(std::string_view text);

/// One word for any POSIX shell, fish, and csh but for "!" and newlines: in single quotes, a quote inside as '\''.
[[nodiscard]] std::string single_quoted(std::string_view word);

}  // namespace sallyport::client
