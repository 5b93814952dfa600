// The screen's loop against a net and a tty that say what they may not, and a server that says anything.
#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "client/screen/screen_session.h"
#include "tests/client_screen/screen_rig.h"
#include "tests/client_screen/server.h"

namespace sallyport::client::testing {
namespace {

TEST(TerminalChecklist, Item287_SizesThatNoScreenHasEndInARefusalAndNotInAnAbort) {
  for (const WindowSize size :
       {WindowSize{0, 0}, WindowSize{UINT32_MAX, 5}, WindowSize{1U << 31U, 1U << 31U}, WindowSize{4097, 1}}) {
    ScreenRig rig;
    rig.state(0, 1, "x", size);  // net clamps what a server says; so this is net's word
    EXPECT_FALSE(rig.settle());
  }
  for (const WindowSize size : {WindowSize{1, 1}, WindowSize{4096, 1}, WindowSize{1, 4096}}) {
    ScreenRig rig;
    rig.state(0, 1, "\x1b[Hx", size);
    EXPECT_TRUE(rig.settle());
    EXPECT_EQ(rig.row(0), "x");
  }
}

TEST(TerminalChecklist, Item249_QueriesInHostBytesAreAnsweredToNobody) {
  ScreenRig rig;
  rig.link_is_well();
  rig.state(0, 1,
            "a\x1b[c\x1b[0c\x1b[>c\x1b[>0c\x1b[5n\x1b[6n\x1b[?6n\x1bZ\x1b[?25$p\x1b[4$p\x1b[18t\x1b[>q\x1bP$"
            "qm\x1b\\\x1bP+q544e\x1b\\b");
  for (std::uint64_t i = 0; i < 1000; ++i) rig.state(1 + i, 2 + i, "\x1b[c\x1b[6n", std::nullopt, 1 + i);
  ASSERT_TRUE(rig.settle());
  EXPECT_EQ(rig.row(0), "ab");
  EXPECT_TRUE(rig.clean());
  std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
  EXPECT_FALSE(rig.net().receive(buffer).has_value());
  EXPECT_FALSE(rig.guard().receive(buffer).has_value());
}

struct Wrong {
  const char* name;
  std::function<void(ScreenRig&)> act;
};

template <typename Message>
std::function<void(ScreenRig&)> net(const Message& message) {
  return [message](ScreenRig& rig) { rig.net_says(message); };
}
template <typename Message>
std::function<void(ScreenRig&)> tty(const Message& message) {
  return [message](ScreenRig& rig) { rig.tty_says(message); };
}
std::function<void(ScreenRig&)> raw_net(std::string_view record) {
  return [record](ScreenRig& rig) { (void)rig.net().send(bytes_of(record)); };
}
std::function<void(ScreenRig&)> raw_tty(std::string_view record) {
  return [record](ScreenRig& rig) { (void)rig.tty().send(bytes_of(record)); };
}

TEST(ScreenViolation, EachEndsScreen) {
  const Diff open{StateNumber(0), StateNumber(1), StateNumber(0)};
  const auto within = [open](const auto& message) -> std::function<void(ScreenRig&)> {
    return [open, message](ScreenRig& rig) {
      rig.net_says(open);
      rig.net_says(message);
    };
  };
  const std::vector<Wrong> wrongs = {
      {"a base that is not held", net(Diff{StateNumber(3), StateNumber(4), StateNumber(0)})},
      {"a diff in a diff", within(Diff{StateNumber(0), StateNumber(2), StateNumber(0)})},
      {"an end without a diff", net(DiffEnd{})},
      {"host bytes without a diff", net(HostBytes{bytes_of("x")})},
      {"an echo ack without a diff", net(EchoAck{StateNumber(1)})},
      {"a size without a diff", net(ScreenSize{{80, 24}})},
      {"keys in a diff", within(Keys{.sent = StateNumber(0), .read_bytes = 1, .bytes = bytes_of("x")})},
      {"a link in a diff", within(Link{})},
      {"a notice in a diff", within(Notice{})},
      {"a shown without a frame", [](ScreenRig& rig) { rig.tty_says(Shown{}); }},
      {"an unknown message of net's", raw_net("\x7f")},
      {"an unknown message of tty's", raw_tty("\x7f")},
      {"a message of tty's from net", raw_net("\x55")},
      {"a message of net's from tty", raw_tty("\x45")},
      {"a byte too many", raw_net("\x45x")},
      {"a byte too few", raw_net("\x42xxxxxxx")},
      {"no host bytes", raw_net("\x44")},
      {"a menu of two", raw_tty("\x53\x02")},
      {"a farewell of three", raw_tty("\x54\x03")},
      {"a word of guard's", [](ScreenRig& rig) { (void)rig.guard().send(bytes_of("\x61")); }},
  };
  for (const Wrong& wrong : wrongs) {
    ScreenRig rig;
    ASSERT_TRUE(rig.settle()) << wrong.name;
    wrong.act(rig);
    EXPECT_FALSE(rig.settle()) << wrong.name;
    EXPECT_FALSE(rig.session().ended_well()) << wrong.name;
  }
}

TEST(ScreenViolation, AnyWordBeforeTheWindowEndsIt) {
  for (const auto& act : {tty(Repaint{}), tty(Menu{.shown = true}), tty(Farewell{}), tty(Finish{}), tty(Shown{})}) {
    ScreenRig rig(usual_arguments(), std::nullopt);
    act(rig);
    EXPECT_FALSE(rig.settle());
  }
}

/// Bytes as a program may print them, sense and nonsense.
std::string random_print(std::minstd_rand& random) {
  static constexpr std::array kParts = {
      "\x1b[H",           "\x1b[2J",     "\x1b[K",      "\x1b[7m",    "\x1b[0m",   "\x1b[44m",
      "\x1b[38;2;1;2;3m", "\r\n",        "\n",          "\x1b[5;9r",  "\x1b[r",    "\x1b[L",
      "\x1b[3M",          "\x1b[2@",     "\x1b[4P",     "\x1b[9X",    "\x1bM",     "漢",
      "e\xcc\x81",        "word ",       "\x1b[?5h",    "\x1b[?5l",   "\x1b[?25l", "\x1b[?25h",
      "\x1b[?1003h",      "\x1b[?1003l", "\x1b[?2004h", "\x1b]0;t\a", "\a",        "\x1b]52;c;QUJD\a",
      "\x1b[?1049h",      "\x1b[?1049l", "\x1b[b",      "\t",         "\b"};
  std::string bytes;
  for (auto i = random() % 20; i > 0; --i) {
    const auto pick = random() % (kParts.size() + 2);
    if (pick < kParts.size()) {
      bytes += kParts[pick];
    } else if (pick == kParts.size()) {
      bytes += "\x1b[" + std::to_string(1 + random() % 26) + ';' + std::to_string(1 + random() % 82) + 'H';
    } else {
      bytes += std::string(random() % 90, static_cast<char>('a' + random() % 26));
    }
  }
  return bytes;
}

TEST(ScreenRandom, TheTerminalAlwaysShowsWhatTheServerShows) {
  for (const bool able : {true, false}) {
    std::minstd_rand random(20);
    ScreenArguments arguments = usual_arguments();
    arguments.has_ech = arguments.has_bce = able;
    arguments.title_prefix = false;
    ScreenRig rig(arguments);
    Server server;
    for (int i = 0; i < 1500; ++i) {
      rig.link_is_well();
      if (random() % 40 == 0) {
        const WindowSize size{static_cast<std::uint32_t>(1 + random() % 100),
                              static_cast<std::uint32_t>(1 + random() % 30)};
        rig.window_is(size);
        server.resize(size);
      }
      server.prints(rig, random_print(random));
      ASSERT_TRUE(rig.settle());
      ASSERT_EQ(rig.mismatch(server.screen()), "") << "step " << i;
    }
    EXPECT_TRUE(rig.clean());
  }
}

}  // namespace
}  // namespace sallyport::client::testing
