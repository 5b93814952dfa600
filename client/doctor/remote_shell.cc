#include "client/doctor/remote_shell.h"

#include <poll.h>

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::client {
namespace {

constexpr std::size_t kMaxBytes = std::size_t{1} << 20U;  // ours: facts and banners are a few KiB

}  // namespace

Result<RemoteShell, SystemError> RemoteShell::start(const std::vector<std::string>& words,
                                                    const Environment& environment, const Clock& clock) {
  auto in = TRY(sys::pipe());
  auto out = TRY(sys::pipe());
  auto child = TRY(Child::start({words, environment.assignments(), in.reader, out.writer, out.writer, {}}));
  TRY_VOID(sys::set_nonblocking(out.reader));
  return RemoteShell(std::move(child), std::move(in.writer), std::move(out.reader), clock);
}

std::optional<SecretBytes> RemoteShell::line(Duration limit) {
  const TimePoint deadline = clock_->now() + limit;
  for (;;) {
    const auto end = std::ranges::find(held_, std::byte{'\n'});
    if (end != held_.end()) {
      SecretBytes found(held_.begin(), end);
      held_.erase(held_.begin(), end + 1);
      if (!found.empty() && found.back() == std::byte{'\r'}) found.pop_back();
      return found;
    }
    const Duration left = deadline - clock_->now();
    if (left <= Duration::zero() || total_ >= kMaxBytes) return {};
    pollfd entry{output_.borrow().number(), POLLIN, 0};
    (void)sys::ppoll(std::span(&entry, 1), left);
    std::array<std::byte, 4096> buffer;
    const auto count = sys::read(output_, buffer);
    if (count && *count == 0) return {};
    if (!count) continue;
    total_ += *count;
    held_.insert(held_.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*count));
    wipe(buffer);
  }
}

void RemoteShell::tell(std::string_view word) {
  const std::string text = std::string(word) + "\n";
  (void)sys::write(input_, bytes_of(text));
}

std::optional<sys::ExitStatus> RemoteShell::finish(Duration limit) {
  input_.reset();
  auto status = child_.wait(limit);
  child_.end();
  return status;
}

}  // namespace sallyport::client
