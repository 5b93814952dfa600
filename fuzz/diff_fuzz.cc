// Targets: terminal::Display
// Dictionary: escape_sequences
// The first byte chooses the size, the options and how the client holds what it shows (that and the opposite), then two
// programs' output, parted by a byte 0xFF: the difference from the first screen to the second makes a stock client's
// emulator that shows the first one look like the second.
#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "tests/terminal/diff_testing.h"

namespace {

using namespace sallyport;
using namespace sallyport::terminal;

constexpr WindowSize kSizes[] = {{80, 24}, {20, 6}, {7, 3}, {2, 2}, {1, 4}, {33, 1}, {40, 10}, {3, 9}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0 || size > 4096) {
    return 0;
  }
  const unsigned choice = data[0];
  const uint8_t* const parting = std::find(data + 1, data + size, uint8_t{0xFF});
  Emulator emulator(kSizes[choice % 8]);
  emulator.write(bytes_of(data + 1, static_cast<std::size_t>(parting - data) - 1));
  const Framebuffer base = emulator.framebuffer();
  if (parting != data + size) {
    emulator.write(bytes_of(parting, static_cast<std::size_t>(data + size - parting)));
  }
  const Framebuffer& wanted = emulator.framebuffer();
  const DisplayOptions options{.has_ech = (choice & 8U) == 0, .has_bce = (choice & 16U) == 0};

  DiffBuffer out;
  Display display(options);
  CHECK(display.write(base, wanted, Receiver::kShowsBase, out).rows == wanted.rows());
  for (const unsigned bits : {choice >> 5U, 7U - (choice >> 5U)}) {
    auto replica = terminal::testing::replica_of(
        base, {.blanks_as_spaces = (bits & 1U) != 0, .wraps_kept = (bits & 2U) != 0, .pending_wrap = (bits & 4U) != 0});
    replica.apply(out.bytes());
    CHECK(replica.faults().empty());
    CHECK(terminal::testing::mismatch(replica, wanted).empty());
  }
  out.clear();
  (void)display.write(wanted, wanted, Receiver::kShowsBase, out);
  CHECK(out.empty());
  (void)display.write(base, wanted, Receiver::kUnknown, out);
  auto repainted = terminal::testing::replica_of(base);
  repainted.apply(out.bytes());
  CHECK(repainted.faults().empty());
  CHECK(terminal::testing::mismatch(repainted, wanted).empty());
  return 0;
}
