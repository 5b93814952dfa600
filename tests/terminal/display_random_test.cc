// Differences between screens that random programs left, applied to a stock client's emulator (terminal 9.8).
#include <gtest/gtest.h>

#include <random>

#include "tests/terminal/diff_testing.h"

namespace sallyport::terminal {
namespace {

using testing::mismatch;
using testing::RandomProgram;
using testing::replica_of;
using testing::Representation;
using testing::StockReplica;

constexpr WindowSize kSizes[] = {{80, 24}, {20, 6}, {7, 3}, {2, 2}, {1, 4}, {33, 1}, {132, 12}};

// Applies the difference of two screens to replicas of the first one in every representation.
std::string check(const Framebuffer& base, const Framebuffer& wanted, DisplayOptions options = {}) {
  const std::string bytes = testing::difference(base, wanted, options);
  for (unsigned bits = 0; bits < 8; ++bits) {
    const Representation how{
        .blanks_as_spaces = (bits & 1U) != 0, .wraps_kept = (bits & 2U) != 0, .pending_wrap = (bits & 4U) != 0};
    StockReplica replica = replica_of(base, how);
    replica.apply(bytes_of(bytes));
    const std::string wrong = replica.faults() + mismatch(replica, wanted);
    if (!wrong.empty()) {
      return wrong + " in representation " + std::to_string(bits) + ", difference of " +
             std::to_string(bytes.size()) + " bytes";
    }
  }
  return "";
}

// Many pairs: screens that follow each other closely, and unrelated ones.
template <typename Visit>
void for_random_pairs(Visit&& visit) {
  for (std::uint32_t seed = 1; seed <= 400; ++seed) {
    RandomProgram program(seed);
    Emulator emulator(kSizes[seed % std::size(kSizes)]);
    emulator.write(bytes_of(program(static_cast<int>(seed % 90))));
    for (int turn = 0; turn < 6; ++turn) {
      const Framebuffer base = emulator.framebuffer();
      const std::string more = program(turn == 5 ? 80 : 1 << turn);
      emulator.write(bytes_of((seed + static_cast<unsigned>(turn)) % 4 == 0 ? "\033c" + more : more));
      SCOPED_TRACE("seed " + std::to_string(seed) + " turn " + std::to_string(turn));
      visit(base, emulator.framebuffer());
      if (::testing::Test::HasFatalFailure()) {
        return;
      }
    }
  }
}

TEST(TerminalChecklist, Item321_DifferenceMakesAStockClientLookTheSame) {
  for_random_pairs([](const Framebuffer& base, const Framebuffer& wanted) { ASSERT_EQ(check(base, wanted), ""); });
}

TEST(TerminalChecklist, Item322_AlsoWhenTheClientHoldsTheSamePictureDifferently) {
  // Blanks as spaces, wrap marks gone, a pending wrap at the cursor: check() tries all; here after a chain of
  // differences.
  for (std::uint32_t seed = 1000; seed < 1040; ++seed) {
    RandomProgram program(seed);
    Emulator emulator({40, 10});
    StockReplica direct = replica_of(emulator.framebuffer());
    Framebuffer base = emulator.framebuffer();
    for (int turn = 0; turn < 30; ++turn) {
      emulator.write(bytes_of(program(1 + turn % 7)));
      direct.apply(bytes_of(testing::difference(base, emulator.framebuffer())));
      ASSERT_EQ(direct.faults() + mismatch(direct, emulator.framebuffer()), "")
          << "seed " << seed << " turn " << turn;
      base = emulator.framebuffer();
    }
  }
}

// Only rows between the first and the last changed one are looked at: here few rows of a tall screen change, move, go
// on in the next one, or are erased.
TEST(DisplayRandom, FewChangedRowsOfATallScreen) {
  for (std::uint32_t seed = 1; seed <= 150; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&random](std::uint32_t limit) { return static_cast<std::uint32_t>(random()) % limit; };
    RandomProgram program(seed);
    Emulator emulator({12, 60});
    for (int row = 1; row <= 60; ++row) {
      emulator.write(bytes_of("\033[" + std::to_string(row) + "Hrow " + std::to_string(below(1000))));
    }
    for (int turn = 0; turn < 12; ++turn) {
      const Framebuffer base = emulator.framebuffer();
      const std::string place = "\033[" + std::to_string(1 + below(60)) + "H";
      const std::string texts[] = {"x",       "a line that wraps",    "\033[J",   "\033[3M",
                                   "\033[2L", "\033[44m\033[K\033[m", program(2), "\033[10;20r\033[10H\033[2T\033[r"};
      emulator.write(bytes_of(place + texts[below(std::size(texts))] + (below(2) == 0 ? place : "")));
      ASSERT_EQ(check(base, emulator.framebuffer()), "") << "seed " << seed << " turn " << turn;
    }
  }
}

TEST(TerminalChecklist, Item323_EqualScreensHaveNoDifference) {
  for_random_pairs([](const Framebuffer& base, const Framebuffer& wanted) {
    ASSERT_EQ(testing::difference(base, base), "");
    ASSERT_EQ(testing::difference(wanted, Framebuffer(wanted)), "");
  });
  Emulator emulator({80, 24});
  emulator.write(bytes_of("x\b"));
  const Framebuffer base = emulator.framebuffer();
  for (int i = 0; i < 10; ++i) {
    emulator.write(bytes_of("x\b"));
    EXPECT_EQ(testing::difference(base, emulator.framebuffer()), "");
  }
}

TEST(TerminalChecklist, Item324_DifferenceLeavesTheBaseline) {
  // StockReplica records a fault for a pending wrap, margins or an unfinished sequence at the end; modes cannot be
  // set in it.
  for_random_pairs([](const Framebuffer& base, const Framebuffer& wanted) {
    StockReplica replica = replica_of(base);
    replica.apply(bytes_of(testing::difference(base, wanted)));
    ASSERT_EQ(replica.faults(), "");
  });
}

TEST(TerminalChecklist, Item325_DifferenceHasOnlyTheVocabulary) {
  for_random_pairs([](const Framebuffer& base, const Framebuffer& wanted) {
    for (const Receiver receiver : {Receiver::kShowsBase, Receiver::kUnknown}) {
      const std::string bytes = testing::difference(base, wanted, {}, receiver);
      StockReplica replica = replica_of(base);
      replica.apply(bytes_of(bytes));
      ASSERT_EQ(replica.faults(), "");
    }
  });
}

TEST(WireChecklist, Item44_HostBytesNeverAskAndAreNeverUnfinished) {
  Emulator emulator({80, 24});
  const Framebuffer base = emulator.framebuffer();
  emulator.write(
      bytes_of("\033[c\033[>c\033[5n\033[6n\033[?2026$p\033[>q\033P$qm\033\\\033]52;c;?\a\033]11;?\a\005\033Zx"
               "\033[12\xE6"));
  const std::string bytes = testing::difference(base, emulator.framebuffer());
  StockReplica replica = replica_of(base);
  replica.apply(bytes_of(bytes));
  EXPECT_EQ(replica.faults(), "");
  Emulator client({80, 24});
  client.write(bytes_of(bytes));
  EXPECT_EQ(client.replies().size(), 0U);
  EXPECT_EQ(bytes, "x");
}

TEST(WireChecklist, Item45_DifferenceEqualsAFullRepaint) {
  for_random_pairs([](const Framebuffer& base, const Framebuffer& wanted) {
    StockReplica repainted = replica_of(base);
    repainted.apply(bytes_of(testing::difference(base, wanted, {}, Receiver::kUnknown)));
    ASSERT_EQ(repainted.faults() + mismatch(repainted, wanted), "");
  });
}

TEST(TerminalChecklist, Item331_OptionsAreObeyedOnAnyScreen) {
  for_random_pairs([](const Framebuffer& base, const Framebuffer& wanted) {
    ASSERT_EQ(check(base, wanted, {.has_ech = false, .has_bce = false}), "");
    const std::string bytes = testing::difference(base, wanted, {.has_ech = false, .has_title = false});
    for (std::size_t i = 0; i + 2 < bytes.size(); ++i) {
      ASSERT_FALSE(bytes[i] == '\033' && bytes[i + 1] == ']' && bytes[i + 2] != '5');
      if (bytes[i] == '\033' && bytes[i + 1] == '[') {
        ASSERT_NE(bytes[bytes.find_first_not_of("0123456789;?", i + 2)], 'X');
      }
    }
  });
}

TEST(TerminalChecklist, Item332_WidthsThatTheClientSeesDifferentlyDoNotSpread) {
  // The client gives every unstable code point one column more, or one less, than we do.
  for (const int change : {1, -1}) {
    const auto other = [change](char32_t code) {
      const int ours = testing::our_width(code);
      return width_of(code).unstable && ours > 0 ? (change > 0 ? 2 : 1) : ours;
    };
    for (std::uint32_t seed = 1; seed <= 300; ++seed) {
      RandomProgram program(seed);
      Emulator emulator({40, 8});
      StockReplica replica = replica_of(emulator.framebuffer(), {}, other);
      Framebuffer base = emulator.framebuffer();
      for (int turn = 0; turn < 8; ++turn) {
        emulator.write(bytes_of(program(8)));
        // Not in the last columns: what overflows there cannot be mended.
        emulator.write(bytes_of("\0337\033[r\033[?6l\033[m"));
        for (int row = 1; row <= 8; ++row) {
          emulator.write(bytes_of("\033[" + std::to_string(row) + ";37H    "));
        }
        emulator.write(bytes_of("\0338"));
        replica.apply(bytes_of(testing::difference(base, emulator.framebuffer())));
        ASSERT_EQ(replica.faults() + mismatch(replica, emulator.framebuffer(), /*beside_unstable=*/true), "")
            << "seed " << seed << " turn " << turn << " change " << change;
        base = emulator.framebuffer();
      }
    }
  }
}

TEST(TerminalChecklist, Item333_SizeIsBoundedWhateverTheScreens) {
  for_random_pairs([](const Framebuffer& base, const Framebuffer& wanted) {
    const std::size_t cells = std::size_t{wanted.columns()} * wanted.rows();
    const std::size_t bound = cells * (35 + 45) + wanted.rows() * 12U + 4U * 256 + 16384 + 512;
    ASSERT_LE(testing::difference(base, wanted).size(), bound);
    ASSERT_LE(testing::difference(base, wanted, {}, Receiver::kUnknown).size(), bound);
  });
}

}  // namespace
}  // namespace sallyport::terminal
