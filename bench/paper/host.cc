// paper_host: the far program of bench/paper. Answers keys as HostModel says, one after the other, each after its
// delay, in one write.
#include <termios.h>
#include <unistd.h>

#include <array>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/sys/io.h"
#include "bench/paper/host_model.h"

namespace sallyport::bench {
namespace {

void print(std::string_view text) {
  auto rest = bytes_of(text);
  while (!rest.empty()) {
    const auto written = sys::write(BorrowedFd(STDOUT_FILENO), rest);
    if (!written) return;
    rest = rest.subspan(*written);
  }
}

int main_of() {
  termios settings{};
  if (::tcgetattr(STDIN_FILENO, &settings) != 0) return 1;
  ::cfmakeraw(&settings);
  if (::tcsetattr(STDIN_FILENO, TCSANOW, &settings) != 0) return 1;
  HostModel model;
  KeyReader keys;
  print(model.greeting());
  std::array<std::byte, 4096> buffer{};
  for (;;) {
    while (const auto key = keys.next()) {
      const HostModel::Answer answer = model.answer(*key);
      std::this_thread::sleep_for(answer.delay);
      print(answer.output);
    }
    const auto size = sys::read(BorrowedFd(STDIN_FILENO), buffer);
    if (!size || *size == 0) return 0;
    keys.add(text_of(std::span(buffer).first(*size)));
  }
}

}  // namespace
}  // namespace sallyport::bench

int main() { return sallyport::bench::main_of(); }
