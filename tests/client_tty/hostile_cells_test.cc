// Every type of record, of several lengths, from net and from screen towards tty: what none of them sends ends the
// session, and the terminal is restored; what is permitted does nothing else than it says.
#include <string>

#include "base/sys/io.h"
#include "tests/client_tty/tty_session_testing.h"

namespace sallyport::client::testing {
namespace {

constexpr std::size_t kLengths[] = {0, 1, 2, 4, 5, 8};

/// How the session ended, or nothing if it goes on, when `from` has sent this record. The terminal is as before at an
/// end.
std::optional<Done> ended_by(Rig& rig, const privsep::Channel& from, const std::string& record) {
  EXPECT_TRUE(sys::send_record(from.fd(), bytes_of(record)));
  rig.settle();
  if (rig.after(milliseconds(250))) return {};
  EXPECT_EQ(rig.mode(), rig.before);
  return rig.done();
}

template <typename Messages>
bool permitted(const std::string& record) {
  return privsep::decode<Messages>(bytes_of(record)).has_value();
}

template <typename Messages>
void send_every_cell(privsep::Channel Rig::*from, Done::Reason reason) {
  for (int type = 0; type < 256; ++type) {
    for (const std::size_t length : kLengths) {
      const std::string record = static_cast<char>(type) + std::string(length, '\1');
      if (permitted<Messages>(record)) continue;
      Rig rig;
      rig.begin();
      const auto done = ended_by(rig, rig.*from, record);
      ASSERT_TRUE(done) << "type " << type << ", " << length << " bytes";
      EXPECT_EQ(done->reason, reason) << "type " << type << ", " << length << " bytes";
      EXPECT_EQ(rig.shown().find('\1'), std::string::npos) << "type " << type << ", " << length << " bytes";
    }
  }
}

TEST(TtyCells, WhatNoNetSendsEndsTheSession) { send_every_cell<NetToTty>(&Rig::net, Done::Reason::kNetFailed); }

TEST(TtyCells, WhatNoScreenSendsEndsTheSession) {
  send_every_cell<ScreenToTty>(&Rig::screen, Done::Reason::kScreenFailed);
}

TEST(TtyCells, EndsOfEachReasonAreCarriedToGuardAndOthersAreNone) {
  for (int reason = 0; reason < 256; ++reason) {
    Rig rig;
    rig.begin();
    const auto done = ended_by(rig, rig.net, std::string("\xB2") + static_cast<char>(reason));
    ASSERT_TRUE(done) << reason;
    const auto wanted = reason > 5 ? Done::Reason::kNetFailed
                        : static_cast<Ended::Reason>(reason) == Ended::Reason::kScreenFailed
                            ? Done::Reason::kScreenFailed
                            : Done::Reason::kSession;
    EXPECT_EQ(done->reason, wanted) << reason;
  }
}

TEST(TtyCells, CreditThatWasNeverUsedIsAViolation) {
  for (const std::uint32_t bytes : {1U, 4U, 4096U, 262144U}) {
    Rig rig;
    rig.begin();
    rig.tell(rig.net, Taken{bytes});
    rig.settle();
    EXPECT_FALSE(rig.after(milliseconds(250)));
    const auto done = rig.done();
    ASSERT_TRUE(done) << bytes;
    EXPECT_EQ(done->reason, Done::Reason::kNetFailed) << bytes;
  }
}

}  // namespace
}  // namespace sallyport::client::testing
