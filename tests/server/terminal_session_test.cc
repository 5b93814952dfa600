// The terminal's loop over real channels, played by the test in the monitor's and net's roles.
#include "server/terminal_session.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <variant>
#include <vector>

#include "base/bytes.h"

namespace sallyport::server {
namespace {

using std::chrono::milliseconds;

class TerminalSessionTest : public ::testing::Test {
 protected:
  TerminalSessionTest() {
    auto monitor = privsep::make_channel_pair();
    auto net = privsep::make_channel_pair();
    monitor_ = privsep::Channel(std::move(monitor->first));
    net_ = privsep::Channel(std::move(net->first));
    session_.emplace(privsep::Channel(std::move(monitor->second)), privsep::Channel(std::move(net->second)),
                     WindowSize{80, 24}, clock_);
  }
  bool turn() { return session_->turn(milliseconds(20)); }
  template <typename Message>
  void monitor_says(const Message& message) {
    std::array<std::byte, 256> scratch{};
    ASSERT_EQ(monitor_.send_message(message, scratch), privsep::SendOutcome::kSent);
  }
  template <typename Message>
  void net_says(const Message& message) {
    std::array<std::byte, 256> scratch{};
    ASSERT_EQ(net_.send_message(message, scratch), privsep::SendOutcome::kSent);
  }
  /// Everything that waits for net, one word each.
  std::vector<std::string> net_hears() {
    std::vector<std::string> words;
    std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
    while (const auto record = net_.receive(buffer)) {
      const auto message = privsep::decode<privsep::TerminalToNet>(*record);
      EXPECT_TRUE(message.has_value());
      if (std::holds_alternative<privsep::Dirty>(*message)) words.emplace_back("dirty");
      if (std::holds_alternative<privsep::InputModes>(*message)) words.emplace_back("modes");
      if (const auto* frame = std::get_if<privsep::Frame>(&*message)) words.emplace_back(text_of(frame->bytes));
    }
    return words;
  }

  FakeClock clock_;
  privsep::Channel monitor_, net_;
  std::optional<TerminalSession> session_;
};

TEST_F(TerminalSessionTest, SaysDirtyOnceUntilTheNextRequest) {
  monitor_says(privsep::HostOutput{bytes_of("a")});
  ASSERT_TRUE(turn());
  EXPECT_EQ(net_hears(), (std::vector<std::string>{"modes", "dirty"}));
  monitor_says(privsep::HostOutput{bytes_of("b")});
  ASSERT_TRUE(turn());
  EXPECT_TRUE(net_hears().empty());
  net_says(privsep::TakeFrame{SnapshotId(0), SnapshotId(0), SnapshotId(1)});
  ASSERT_TRUE(turn());
  const auto heard = net_hears();
  ASSERT_EQ(heard.size(), 1U);
  EXPECT_NE(heard[0].find("ab"), std::string::npos);
  monitor_says(privsep::HostOutput{bytes_of("c")});
  ASSERT_TRUE(turn());
  EXPECT_EQ(net_hears(), std::vector<std::string>{"dirty"});
}

TEST_F(TerminalSessionTest, AFrameShowsAllThatWasPrintedBeforeItWasAskedFor) {
  monitor_says(privsep::HostOutput{bytes_of("last words")});
  net_says(privsep::TakeFrame{SnapshotId(0), SnapshotId(0), SnapshotId(1)});
  ASSERT_TRUE(turn());
  const auto heard = net_hears();
  ASSERT_FALSE(heard.empty());
  EXPECT_NE(heard[0].find("last words"), std::string::npos);
}

TEST_F(TerminalSessionTest, ADueTimerThatCanBringNothingIsNoReasonToTurn) {
  monitor_says(privsep::HostOutput{bytes_of("a")});
  monitor_says(privsep::InputWritten{StateNumber(1)});
  ASSERT_TRUE(turn());
  clock_.advance(milliseconds(60));  // the echo ack is due, but net has been told of a change and has not asked yet
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(turn());
  EXPECT_GE(std::chrono::steady_clock::now() - start, milliseconds(15));
}

TEST_F(TerminalSessionTest, ARequestForAnOlderSnapshotEndsIt) {
  net_says(privsep::TakeFrame{SnapshotId(0), SnapshotId(0), SnapshotId(2)});
  net_says(privsep::TakeFrame{SnapshotId(0), SnapshotId(0), SnapshotId(1)});
  EXPECT_FALSE(turn());
}

TEST_F(TerminalSessionTest, AnUnknownMessageEndsIt) {
  ASSERT_EQ(monitor_.send(bytes_of("\xEE")), privsep::SendOutcome::kSent);
  EXPECT_FALSE(turn());
}

TEST_F(TerminalSessionTest, TheMonitorsEndIsItsOwn) {
  monitor_.close();
  EXPECT_FALSE(turn());
}

}  // namespace
}  // namespace sallyport::server
