#include "client/guard/key_source.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/wipe.h"

namespace sallyport::client {
namespace {

constexpr std::string_view kAssignment = "MOSH_KEY=";
/// ours: longer than any key, so that net sees that a longer text is none.
constexpr std::size_t kMaxCopiedBytes = 64;

/// Copies the value of one assignment into a new pipe, whose writing end is closed again.
Result<UniqueFd, std::string> copy_to_pipe(std::string_view value) {
  auto pipe = sys::pipe();
  const auto bytes = bytes_of(value.substr(0, kMaxCopiedBytes));
  if (!pipe || (!bytes.empty() && !sys::write(pipe->writer, bytes)))
    return std::unexpected(std::string("cannot pass the key on\n"));
  return std::move(pipe->reader);
}

}  // namespace

Result<UniqueFd, std::string> take_key_source(std::optional<int> key_fd, char** environment) {
  Result<UniqueFd, std::string> source = std::unexpected(std::string("MOSH_KEY environment variable not found.\n"));
  bool first = !key_fd;
  char** kept = environment;
  for (char** at = environment; at != nullptr && *at != nullptr; ++at) {
    const std::string_view assignment = *at;
    if (!assignment.starts_with(kAssignment)) {
      *kept++ = *at;
      continue;
    }
    if (first) source = copy_to_pipe(assignment.substr(kAssignment.size()));
    first = false;
    wipe(std::as_writable_bytes(std::span(*at, assignment.size())));
  }
  if (kept != nullptr) *kept = nullptr;
  if (!key_fd) return source;
  if (::fcntl(*key_fd, F_GETFD) < 0)
    return std::unexpected("--key-fd=" + std::to_string(*key_fd) + ": no such descriptor is open\n");
  return UniqueFd(*key_fd);
}

}  // namespace sallyport::client
