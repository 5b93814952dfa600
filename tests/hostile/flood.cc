#include "tests/hostile/flood.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string_view>

#include "tests/hostile/environment_number.h"
#include "tests/hostile/evil_messages.h"
#include "tests/hostile/permitted.h"
#include "tests/hostile/stage.h"

namespace sallyport::hostile {
namespace {

constexpr std::uint32_t kMostPerBatch = 28;  // of the 32 records that the monitor takes in one turn
constexpr int kMostSteps = 40;
constexpr char kHostOutput = 0x11;
// ours: ten times what a turn may take, since other programs use the processors too; a sanitizer keeps what is freed.
constexpr std::int64_t kLongestTurnUs = 1'000'000;
constexpr std::int64_t kMostGrownKib = kUnderSanitizers ? 65'536 : 1024;
constexpr std::size_t kReadAt = 3000;  // the kernel's room for what a program has not read is 4 KiB

std::int64_t resident_kib() {
  std::int64_t pages = 0;
  std::ifstream("/proc/self/statm").ignore(64, ' ') >> pages;
  return pages * ::sysconf(_SC_PAGESIZE) / 1024;
}

class Flood {
 public:
  explicit Flood(const FloodPlan& plan) : plan_(plan), evil_(plan.seed) {}

  FloodReport run() {
    std::int64_t before = 0;
    while (report_.judged < plan_.messages && report_.objection == nullptr) {
      if (before == 0 && report_.judged >= plan_.messages / 10) before = resident_kib();
      session();
      ++report_.sessions;
    }
    report_.grown_kib = resident_kib() - before;
    if (report_.grown_kib > kMostGrownKib) (void)object("the monitors' process grew");
    return report_;
  }

 private:
  [[nodiscard]] std::int64_t now_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(stage_.clock().now().time_since_epoch()).count();
  }

  bool object(const char* words) {
    if (report_.objection == nullptr) report_.objection = words;
    return false;
  }

  void session() {
    const bool keeps_record = evil_.once_in(16);
    stage_.begin(keeps_record);
    session_ = Permitted();
    received_.clear();
    due_ = 0;
    alive_ = true;
    bool goes_on = true;
    for (int i = 0; i < kMostSteps && goes_on; ++i) goes_on = step();
    if (report_.objection != nullptr) return;
    if (plan_.tampering != Tampering::kNone && evil_.once_in(10)) tamper();
    if (!read_program() || !judge_rest(keeps_record)) return;
    report_.typed_bytes += received_.size();
    report_.queries += session_.queries();
    report_.replies += session_.replies();
  }

  /// One thing happens, and one turn. False once the session is over, or is not as it must be.
  bool step() {
    const std::uint32_t kind = evil_.below(16);
    Verdict verdict = Verdict::kAccepted;
    if (kind < 8) {
      for (const std::string& record : stage_.net_hears()) session_.told_net(record);
      evil_.be_greedy(evil_.once_in(100));
      verdict = batch([&] { return evil_.from_net(session_); },
                      [&](const EvilRecord& record) { return stage_.net_sends(record.bytes, record.descriptor); },
                      [&](const EvilRecord& record) { return session_.net(record.bytes, record.descriptor); });
    } else if (kind < 13) {
      verdict =
          batch([&] { return evil_.from_terminal(session_); },
                [&](const EvilRecord& record) { return stage_.terminal_sends(record.bytes, record.descriptor); },
                [&](const EvilRecord& record) { return session_.terminal(record.bytes, record.descriptor, now_ms()); });
    } else if (kind < 15) {
      stage_.program_prints(evil_.output());
    } else {
      stage_.clock().advance(std::chrono::milliseconds(evil_.below(1500)));
    }
    if (!turn(verdict)) return false;
    if (kind >= 13) {
      for (const std::string& record : stage_.terminal_hears()) {
        if (record[0] == kHostOutput) session_.printed(std::string_view(record).substr(1), now_ms());
      }
    }
    due_ = session_.to_program().size();
    // More than the kernel takes at once would be lost if the session ended now: rightly, but then nothing could be
    // said.
    return due_ - received_.size() <= kReadAt || read_program();
  }

  /// Sends up to kMostPerBatch records, until one must end the session; then some more, which must have no effect.
  template <typename Make, typename Send, typename Judge>
  Verdict batch(Make make, Send send, Judge judge) {
    for (std::uint32_t left = 1 + evil_.below(kMostPerBatch); left > 0; --left) {
      const EvilRecord record = make();
      if (!send(record)) break;  // full: the monitor takes what is there
      const Verdict verdict = judge(record);
      ++report_.judged;
      report_.descriptors += record.descriptor ? 1 : 0;
      if (verdict == Verdict::kAccepted) {
        ++report_.accepted;
        continue;
      }
      report_.violations += verdict == Verdict::kViolation ? 1 : 0;
      for (std::uint32_t more = evil_.below(3); more > 0; --more) (void)send(make());
      return verdict;
    }
    return Verdict::kAccepted;
  }

  /// The monitor's turn: it must go on exactly if nothing was wrong, and soon.
  bool turn(Verdict verdict) {
    const auto start = std::chrono::steady_clock::now();
    const bool goes_on = alive_ = stage_.turn();
    const auto took = std::chrono::steady_clock::now() - start;
    report_.longest_turn_us =
        std::max(report_.longest_turn_us, std::chrono::duration_cast<std::chrono::microseconds>(took).count());
    if (report_.longest_turn_us > kLongestTurnUs) return object("a turn took too long");
    if (goes_on && verdict == Verdict::kViolation) return object("a violation did not end the session");
    if (goes_on && verdict == Verdict::kFarewell) return object("a farewell did not end the session");
    if (!goes_on && verdict == Verdict::kAccepted) return object("permitted messages ended the session");
    return goes_on;
  }

  /// Reads until all has come that must have: what was accepted in turns that went on. It must be what was permitted.
  bool read_program() {
    for (int i = 0; i < 10'000; ++i) {
      received_ += stage_.program_reads(0);
      if (received_.size() >= due_) break;
      // The monitor holds what was more than the kernel takes at once.
      if (alive_ && !stage_.turn()) return object("the session ended while a program read");
      const std::string more = stage_.program_reads(1);
      if (more.empty()) break;
      received_ += more;
    }
    if (received_.size() < due_) return object("accepted input did not reach the program");
    if (received_.size() > session_.to_program().size()) return object("more reached the program than is permitted");
    if (session_.to_program().compare(0, received_.size(), received_) != 0)
      return object("what reached the program is not what is permitted");
    return true;
  }

  bool judge_rest(bool keeps_record) {
    if (session_.replies() > session_.queries()) return object("more replies than queries");
    if (stage_.program_released() != session_.released()) return object("the program's release");
    if (!keeps_record) return true;
    const std::string log = stage_.log_heard(), record = stage_.record_heard();
    for (const char c : log) {
      if (c != '\n' && (c < ' ' || c > '~')) return object("a byte in the log that is no text of ours");
    }
    for (std::size_t at = 0; at < record.size(); at += 24) {
      if (record.size() % 24 != 0 || record[at] < 1 || record[at] > 2) return object("the login record");
    }
    return true;
  }

  void tamper() {
    const std::string& permitted = session_.to_program();
    switch (plan_.tampering) {
      case Tampering::kNone:
        return;
      case Tampering::kExtraByte:
        return stage_.write_into_pty("x");
      case Tampering::kReplyWithoutQuery:
        return stage_.write_into_pty("\033[0n");
      case Tampering::kOlderInputAgain:
        return stage_.write_into_pty(permitted.substr(0, 1));
      case Tampering::kRandomByteLate:  // an altered copy of what the judge expects
        if (!received_.empty()) received_.back() = static_cast<char>(received_.back() ^ 1);
        return;
    }
  }

  FloodPlan plan_;
  FloodReport report_;
  EvilMessages evil_;
  Stage stage_;
  Permitted session_;
  std::string received_;
  bool alive_ = false;
  std::size_t due_ = 0;  ///< of to_program(): accepted in turns that went on
};

}  // namespace

FloodReport flood(const FloodPlan& plan) { return Flood(plan).run(); }

}  // namespace sallyport::hostile
