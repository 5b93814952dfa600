// Rows, styles, clusters and links: sharing, ids, bounds and sweeping (terminal.md 2.4, 2.9, 8).
#include "terminal/row_store.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/terminal/emulator_testing.h"

namespace sallyport::terminal {
namespace {

TEST(Rendition, CommonOnesNeedNoTable) {
  RowStore store;
  std::set<std::uint32_t> seen;
  for (int fore = -1; fore < 256; ++fore) {
    for (int back = -1; back < 256; ++back) {
      Rendition rendition;
      if (fore >= 0) rendition.foreground = Color::palette(static_cast<std::uint8_t>(fore));
      if (back >= 0) rendition.background = Color::palette(static_cast<std::uint8_t>(back));
      rendition.attributes = static_cast<std::uint16_t>((fore * 7 + back) & 0x7FF);
      const StyleId style = store.intern(rendition);
      ASSERT_FALSE(is_table_style(style));
      ASSERT_EQ(store.rendition(style), rendition);
      ASSERT_TRUE(seen.insert(style.value()).second);
    }
  }
  EXPECT_EQ(store.intern(Rendition()), StyleId(0));
}

TEST(Rendition, OneRgbColorNeedsNoTable) {
  RowStore store;
  for (const Rendition rendition : {Rendition{.foreground = Color::rgb(1, 2, 3), .attributes = kBold | kInverse},
                                    Rendition{.background = Color::rgb(0, 0, 0), .attributes = kItalic}}) {
    const StyleId style = store.intern(rendition);
    EXPECT_FALSE(is_table_style(style));
    EXPECT_EQ(store.rendition(style), rendition);
  }
}

TEST(Rendition, CoarseColorsNeedNoTable) {
  RowStore store;
  std::set<std::uint32_t> seen;
  for (std::uint32_t bits = 0; bits < 1U << style_layout::kCoarseBits; ++bits) {
    const std::uint32_t other = bits * 5 & ((1U << style_layout::kCoarseBits) - 1);
    const Rendition rendition{.foreground = style_layout::coarse_color(bits),
                              .background = style_layout::coarse_color(other),
                              .attributes = static_cast<std::uint16_t>(bits % 2 == 0 ? 0 : kBold)};
    ASSERT_EQ(style_layout::coarse_bits(rendition.foreground), bits);
    const StyleId style = store.intern(rendition);
    ASSERT_FALSE(is_table_style(style));
    ASSERT_EQ(store.rendition(style), rendition);
    ASSERT_TRUE(seen.insert(style.value()).second);
  }
}

TEST(Rendition, QuantisedIsNearAndAlwaysPackable) {
  for (std::uint32_t i = 0; i < 100000; ++i) {
    const std::uint32_t mixed = i * 2654435761U;
    const Rendition rendition{.foreground = Color::rgb(mixed), .background = Color::rgb(mixed >> 7U)};
    const Rendition nearest = quantised(rendition);
    ASSERT_TRUE(packed_style(nearest));
    ASSERT_NEAR(nearest.foreground.red(), rendition.foreground.red(), 5);
    ASSERT_NEAR(nearest.foreground.green(), rendition.foreground.green(), 5);
    ASSERT_NEAR(nearest.foreground.blue(), rendition.foreground.blue(), 9);
    ASSERT_NEAR(nearest.background.blue(), rendition.background.blue(), 9);
    ASSERT_TRUE(packed_style(quantised({.foreground = Color::rgb(mixed), .attributes = 0x7FF, .link = 7})));
  }
}

TEST(RowStore, InternsTheRestOnceEach) {
  RowStore store;
  const Rendition two{.foreground = Color::rgb(1, 2, 3), .background = Color::palette(1), .attributes = kFaint};
  const StyleId style = store.intern(two);
  EXPECT_TRUE(is_table_style(style));
  EXPECT_EQ(store.intern(two), style);
  EXPECT_EQ(store.rendition(style), two);
  const std::uint32_t cluster = store.intern_cluster("e\xCC\x81");
  EXPECT_GE(cluster, kFirstCluster);
  EXPECT_EQ(store.intern_cluster("e\xCC\x81"), cluster);
  EXPECT_EQ(store.text(Cell::make(cluster, style)), "e\xCC\x81");
  EXPECT_EQ(store.intern_link("", "http://a"), store.intern_link("", "http://a"));
}

TEST(RowStore, FullTablesDegradeAndNeverGrow) {
  RowStore store;
  StyleId last;
  for (std::uint32_t i = 0; i <= kMaxTableStyles; ++i) {
    last = store.intern({.foreground = Color::rgb(i), .background = Color::rgb(1, 1, 1)});
  }
  EXPECT_FALSE(is_table_style(last));
  const Rendition nearest = store.rendition(last);
  EXPECT_NEAR(nearest.foreground.red(), kMaxTableStyles >> 16U, 5);
  EXPECT_NEAR(nearest.background.blue(), 1, 9);
  EXPECT_EQ(store.intern(nearest), last);
  const Rendition rarer{.foreground = Color::rgb(kMaxTableStyles), .background = Color::rgb(1), .attributes = kFaint};
  EXPECT_TRUE(store.rendition(store.intern(rarer)).foreground.is_palette());
  for (std::uint32_t i = 0; i <= kMaxLinks; ++i) {
    EXPECT_EQ(store.intern_link("", std::to_string(i)) != 0, i < kMaxLinks);
  }
  EXPECT_EQ(store.intern_link("", times("x", kMaxLinkBytes + 1)), 0);
  EXPECT_LT(store.bytes_in_use(), std::size_t{12} << 20U);
}

TEST(RowStore, SweepKeepsWhatSnapshotsShow) {
  Emulator emulator(kUsual);
  feed(emulator, "\033[38;2;1;2;3;48;2;4;5;6me\u0301\033]8;;http://kept\007k\033]8;;\007\033[0m");
  const Framebuffer snapshot = emulator.framebuffer();
  feed(emulator, "\033[2J\033[H");
  for (unsigned i = 0; i < 30000; ++i) {
    feed(emulator, "\033[38;2;9;" + std::to_string(i % 256) + ";" + std::to_string(i / 256) + ";48;2;0;0;0mx" +
                       utf8(0x300 + i % 64));
    if (i % 5 == 0) feed(emulator, "\033]8;;http://" + std::to_string(i) + "\007y");
  }
  EXPECT_EQ(row_text(snapshot, 0), "e\u0301k");
  const Rendition rendition = rendition_at(snapshot, 0, 1);
  EXPECT_EQ(rendition.background, Color::rgb(4, 5, 6));
  EXPECT_EQ(snapshot.store().link(rendition.link).url, "http://kept");
  EXPECT_LT(emulator.bytes_in_use(), std::size_t{1} << 20U);
}

TEST(Framebuffer, SnapshotKeepsItsContents) {
  Emulator emulator(kUsual);
  feed(emulator, "one\r\ntwo");
  const Framebuffer snapshot = emulator.framebuffer();
  EXPECT_TRUE(snapshot.same_rows(emulator.framebuffer()));
  feed(emulator, "\033[H\033]2;t\007ONE");
  EXPECT_EQ(row_text(snapshot, 0), "one");
  EXPECT_EQ(snapshot.strings().window_title, "");
  EXPECT_EQ(&snapshot.row(1), &emulator.framebuffer().row(1));
  EXPECT_NE(snapshot.row(0).id(), emulator.framebuffer().row(0).id());
}

TEST(Framebuffer, RowIdsChangeWithEveryWriteAndTravelWithTheRow) {
  Emulator emulator(kUsual);
  feed(emulator, "a\r\nb\033[H");
  const RowId first = emulator.framebuffer().row(0).id();
  const RowId second = emulator.framebuffer().row(1).id();
  feed(emulator, "\033[S");
  EXPECT_EQ(emulator.framebuffer().row(0).id(), second);
  feed(emulator, "a");
  EXPECT_NE(emulator.framebuffer().row(0).id(), second);
  EXPECT_NE(emulator.framebuffer().row(0).id(), first);
}

TEST(Framebuffer, OneSnapshotAndOneChangedRowShareAllOthers) {
  Emulator emulator({200, 60});
  feed(emulator, times("some text ", 1200));
  const std::size_t before = emulator.bytes_in_use();
  const Framebuffer snapshot = emulator.framebuffer();
  feed(emulator, "\033[Hx");
  EXPECT_LT(emulator.bytes_in_use() - before, 2 * 200 * sizeof(Cell));
  EXPECT_EQ(difference(snapshot, snapshot), "");
}

TEST(Version, ChangesOnlyWithWhatAClientIsTold) {
  Emulator emulator(kUsual);
  const auto changes = [&emulator](std::string_view input) {
    const ContentVersion before = emulator.version();
    feed(emulator, input);
    return emulator.version() > before;
  };
  for (const std::string_view input :
       {"x", "\r", "\007", "\033[1m", "\033[?25l", "\033]2;t\007", "\033]1;i\007", "\033]52;c;aGk=\007",
        "\033]52;c;aGk=\007", "\033[?1000h", "\033[?2004h", "\033[?1049h", "\033c"}) {
    EXPECT_TRUE(changes(input)) << input.substr(1);
  }
  for (const std::string_view input : {"", "\033[?1h", "\033[4h", "\033H", "\0337", "\033[c", "\033]52;c;?\007",
                                       "\033[?2026h", "\033[2J", "\033[?9999h", "\033[?7l", "\033P$qm\033\\", "\xE6"}) {
    EXPECT_FALSE(changes(input)) << input.substr(input.empty() ? 0 : 1);
  }
  const ContentVersion before = emulator.version();
  emulator.resize(kUsual);
  EXPECT_EQ(emulator.version(), before);
  emulator.resize({81, 24});
  EXPECT_GT(emulator.version(), before);
}

}  // namespace
}  // namespace sallyport::terminal
