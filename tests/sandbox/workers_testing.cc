#include "tests/sandbox/workers_testing.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>
#include <vector>

#include "base/sys/io.h"
#include "tests/sandbox/confined_testing.h"

namespace sallyport::sandbox::testing {
namespace {

/// Less than a pipe holds, so that no worker waits for a reader.
constexpr std::size_t kMostBytes = 4096;

struct Worker {
  pid_t pid = -1;
  UniqueFd complaints;
};

std::string read_all(BorrowedFd pipe) {
  std::string text;
  std::array<std::byte, 1024> buffer{};
  for (;;) {
    const auto count = sys::read(pipe, buffer).value_or(0);
    if (count == 0) return text;
    text.append(reinterpret_cast<const char*>(buffer.data()), count);
  }
}

}  // namespace

std::string share_out(std::size_t count, const std::function<std::string(std::size_t)>& attempt) {
  const std::size_t workers = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 16);
  std::vector<Worker> started;
  std::string complaints;
  for (std::size_t which = 0; which < workers; ++which) {
    auto pipe = sys::pipe();
    const pid_t child = pipe ? ::fork() : -1;
    if (child < 0) return "no worker could be started\n";
    if (child == 0) {
      std::string text;
      for (std::size_t i = which; i < count && text.size() < kMostBytes; i += workers) text += attempt(i);
      text.resize(std::min(text.size(), kMostBytes));
      (void)sys::write(pipe->writer, std::as_bytes(std::span(text)));
      ::_exit(0);
    }
    started.push_back({child, std::move(pipe->reader)});
  }
  for (const Worker& worker : started) {
    complaints += read_all(worker.complaints);
    if (!(await(worker.pid) == exited(0))) complaints += "a worker ended early\n";
  }
  return complaints;
}

}  // namespace sallyport::sandbox::testing
