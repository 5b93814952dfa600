// One session that is fed quickly, for bench/growth/run: feed PORT KEY BYTES. Types that many bytes, among them returns
// and colours, into a session whose program echoes them. Says "fed N" on standard output at a growing row of numbers
// and waits for a line on standard input each time, so that whoever started this can measure the server.
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "bench/wire_client.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kLinesPerBatch = 4;

/// Some lines of colour and wide characters, another each time; its last characters are `mark`, which the screen then
/// shows.
std::string batch(unsigned long long number, const std::string& mark) {
  std::string text;
  for (int line = 0; line < kLinesPerBatch; ++line) {
    text += "\r\n\x1b[38;5;" + std::to_string((number * kLinesPerBatch + static_cast<unsigned>(line)) % 256) + "m";
    text += std::to_string(number * 7919) + " the quick brown \xE4\xB8\x96\xE7\x95\x8C fox \x1b[0m";
  }
  return text + mark;
}

bool pause_at(unsigned long long fed) {
  std::printf("fed %llu\n", fed);
  std::fflush(stdout);
  std::string line;
  return static_cast<bool>(std::getline(std::cin, line));
}

int run(WireClient& client, unsigned long long most) {
  client.type("");
  if (!client.wait_for("hello", client.now() + seconds(10)) || !pause_at(0)) return 1;
  unsigned long long next_pause = 1000;
  unsigned long long fed = 0;
  for (unsigned long long number = 0; fed < most; ++number) {
    const std::string mark = "<" + std::to_string(number % 1000) + ">";
    const std::string text = batch(number, mark);
    client.type(text);
    if (!client.wait_for(mark, client.now() + seconds(5))) {
      std::fprintf(stderr, "feed: no echo of batch %llu\n", number);
      return 1;
    }
    fed += text.size();
    if (fed < next_pause) continue;
    next_pause *= 10;
    (void)client.wait_for("\xFF", client.now() + milliseconds(300));
    if (!pause_at(fed)) return 1;
  }
  client.leave();
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: feed PORT KEY BYTES\n");
    return 2;
  }
  sallyport::bench::WireClient client(argv[2], static_cast<std::uint16_t>(std::atoi(argv[1])));
  return sallyport::bench::run(client, std::strtoull(argv[3], nullptr, 10));
}
