// Every allocation of what the compartments link fails in turn. At most the process ends, by the trap that
// sandbox::prepare_allocator() sets; it never goes on with memory that it does not have. Environment:
// SALLYPORT_FAULTS=all tries each one, also under sanitizers.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "net/inflate.h"
#include "privsep/channel.h"
#include "server/frame_channel.h"
#include "terminal/frame_source.h"
#include "tests/faults/failing_allocator_testing.h"
#include "tests/sync/simulator.h"

namespace sallyport::faults {
namespace {

using std::chrono::milliseconds;

/// A fork of a process under sanitizers takes ten times as long.
long stride_for(long allocations) {
  const char* const all = std::getenv("SALLYPORT_FAULTS");
  if (all != nullptr && std::string_view(all) == "all") return 1;
#ifdef SALLYPORT_SANITIZED
  constexpr long kMostTried = 100;
#else
  constexpr long kMostTried = 1500;
#endif
  return 1 + allocations / kMostTried;
}

void expect_harmless(const std::function<bool()>& body) {
  const long allocations = count_allocations([&] { (void)body(); });
  ASSERT_GT(allocations, 0);
  for (const Shortage shortage : {Shortage::kOnce, Shortage::kFromThenOn}) {
    const AllocationResult result = fail_each_allocation(shortage, stride_for(allocations), body);
    EXPECT_EQ(result.bad, 0) << "allocation " << result.first_bad << " of " << result.made << ": "
                             << (WIFSIGNALED(result.bad_status) ? "signal " : "exit status ")
                             << (WIFSIGNALED(result.bad_status) ? WTERMSIG(result.bad_status)
                                                                : WEXITSTATUS(result.bad_status));
    EXPECT_GT(result.tried, 0);
    std::printf("%ld allocations, %ld failed: %ld ended, %ld survived\n", result.made, result.tried, result.ended,
                result.survived);
  }
}

constexpr std::string_view kHostile =
    "\x1b[2J\x1b[1;31mred \xe4\xbd\xa0\xe5\xa5\xbd e\xcc\x81\xcc\x82 "
    "\x1b]2;title\x07\x1b]8;;http://example.org/\x1b\\link\x1b]8;;\x1b\\"
    "\x1b]52;c;aGVsbG8=\x07\x1b[3;9r\x1b[?1049h\x1b[10Lx\x1b[?1049l\x1b[c\x1b[6n\x1b[?2026$p\x1b[>c\n\n\x1b[38;2;1;2;"
    "3mrgb\x1b[0m\r\n";

TEST(EachAllocationFails, InTheTerminal) {
  expect_harmless([] {
    TimePoint now{std::chrono::hours(1)};
    terminal::FrameSource source({80, 24});
    for (std::uint64_t round = 1; round <= 40; ++round) {
      now += milliseconds(60);
      for (int i = 0; i < 5; ++i) source.host_output(bytes_of(kHostile), now);
      if (round % 4 == 0) source.resize({40 + static_cast<std::uint32_t>(round) * 5, 20}, now);
      source.input_written(StateNumber(round), now);
      while (source.next_reply()) {
      }
      const std::uint64_t base = round - 1;
      if (!source.take_frame(SnapshotId(base), SnapshotId(base > 2 ? base - 2 : 0), SnapshotId(round), now))
        return false;
      if (base > 2) source.forget(SnapshotId(base - 2));
    }
    return true;
  });
}

bool whole_session(std::uint64_t seed) {
  sync::sim::Settings settings{.seed = seed};
  settings.to_server.loss = settings.to_client.loss = 0.1;
  settings.to_client.duplication = 0.1;
  sync::sim::Session session(settings);
  session.resize({90, 30});
  session.type("hello");
  session.run_for(milliseconds(300));
  session.terminal.print(std::string(3000, 'x') + "end", session.now());
  session.type(std::string(2000, 'y'));
  session.run_for(milliseconds(300));
  session.roam();
  session.set_loss(0);
  session.type("bye");
  session.run_for(std::chrono::seconds(5));
  return session.faults().empty() && session.converged() && session.monitor.typed() == session.typed;
}

// Packets, fragments, compression, records, receiver, sender, input: both ends of a session over a bad path.
TEST(EachAllocationFails, InTheTransport) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    SCOPED_TRACE(seed);
    expect_harmless([seed] { return whole_session(seed); });
  }
}

TEST(EachAllocationFails, InCompression) {
  expect_harmless([] {
    const std::string plain = std::string(100'000, 'a') + std::string(kHostile);
    net::Deflater deflater(6);
    net::Inflater inflater;
    const auto packed = deflater.deflate(bytes_of(plain));
    const auto unpacked = inflater.inflate(packed);
    return unpacked && text_of(*unpacked) == plain;
  });
}

TEST(EachAllocationFails, AndAnyOtherEndWouldBeSeen) {
  const AllocationResult result = fail_each_allocation(Shortage::kOnce, 1, [] {
    std::set_new_handler(nullptr);  // as it was without prepare_allocator()
    return std::string(static_cast<std::size_t>(::getpid() % 100 + 100), 'x').size() >= 100;
  });
  EXPECT_EQ(result.tried, 1);
  EXPECT_EQ(result.bad, 1);
}

// Net's end of the channel to the terminal: the parts of a large frame.
TEST(EachAllocationFails, InTheFrameChannel) {
  expect_harmless([] {
    auto pair = privsep::make_channel_pair();
    if (!pair) return false;
    server::FrameChannel frames{privsep::Channel(std::move(pair->first))};
    const privsep::Channel terminal(std::move(pair->second));
    frames.request_frame({SnapshotId(0), SnapshotId(0), SnapshotId(1)}, TimePoint());
    std::vector<std::byte> scratch(privsep::kMaxElsewhereBytes);
    const std::vector<std::byte> bytes(privsep::kMaxFramePartBytes, std::byte{'z'});
    privsep::Frame part{.base = SnapshotId(0), .snapshot = SnapshotId(1), .size = {80, 24}};
    std::size_t whole = 0;
    for (std::uint32_t number = 0; number < 8; ++number) {
      part.part = static_cast<decltype(part.part)>(number);
      part.last = number == 7;
      part.bytes = bytes;
      if (terminal.send_message(part, scratch) != privsep::SendOutcome::kSent) return false;
      const auto news = frames.receive();
      if (!news || !*news) return false;
      if ((*news)->frame) whole = (*news)->frame->bytes.size();
    }
    return whole == 8 * bytes.size();
  });
}

}  // namespace
}  // namespace sallyport::faults
