// Targets: server::TerminalSession, terminal::FrameSource, server::FrameChannel, privsep::decode<NetToTerminal>
// Dictionary: escape_sequences
// The whole terminal compartment between any program, the monitor and net: net's own judge never finds a fault with it,
// each request gets one frame, a client that applies the frames shows what the program printed, and a reply is one that
// the monitor prints. It ends for what no honest net or monitor sends, and for nothing else.
#include <map>

#include "base/check.h"
#include "base/sys/io.h"
#include "fuzz/records.h"
#include "privsep/reply_text.h"
#include "server/frame_channel.h"
#include "server/terminal_session.h"
#include "tests/terminal/diff_testing.h"

using namespace sallyport;

namespace {

enum Kind : std::uint8_t { kOutput, kResize, kWritten, kTake, kTime, kStall, kRawMonitor, kRawNet, kKinds };

constexpr WindowSize kSize{30, 8};  // small screens are compared quickly

class World {
 public:
  World()
      : net_pair_(std::move(*privsep::make_channel_pair())),
        monitor_pair_(std::move(*privsep::make_channel_pair())),
        frames_(privsep::Channel(std::move(net_pair_.first))),
        monitor_(std::move(monitor_pair_.first)),
        session_(privsep::Channel(std::move(monitor_pair_.second)), privsep::Channel(std::move(net_pair_.second)),
                 kSize, clock_) {
    emulator_.resize(kSize);
    screens_.emplace(SnapshotId(0), terminal::testing::replica_of(terminal::Emulator(WindowSize{}).framebuffer()));
  }

  /// False once the compartment ended.
  bool play(const fuzz::Record& record) {
    fresh_ = false;
    switch (record.kind % kKinds) {
      case kOutput:
        tell_monitor_channel(privsep::HostOutput{record.bytes});
        break;
      case kResize:
        tell_monitor_channel(
            privsep::TerminalResize{StateNumber(1), {1U + record.number() % 100U, 1U + record.number(1) % 40U}});
        break;
      case kWritten:
        tell_monitor_channel(privsep::InputWritten{StateNumber(newest_written_ += record.number() % 4U)});
        break;
      case kTake:
        take(record);
        break;
      case kTime:
        clock_.advance(std::chrono::milliseconds(record.number() * 8));
        break;
      case kStall:
        stalled_ = record.number() % 2 == 1;
        break;
      case kRawMonitor:
        raw_from_monitor(record.bytes);
        break;
      default:
        raw_from_net(record.bytes);
        break;
    }
    const bool alive = session_.turn(Duration::zero());
    CHECK(alive ? !must_end_ : may_end_);
    if (alive && !stalled_) look();
    return alive;
  }

 private:
  template <typename Message>
  void tell_monitor_channel(const Message& message) {
    std::vector<std::byte> scratch(privsep::kMaxElsewhereBytes);
    raw_from_monitor(privsep::encode(message, scratch));
  }
  void raw_from_monitor(std::span<const std::byte> record) {
    if (record.empty() || monitor_.send(record) != privsep::SendOutcome::kSent) return;
    const auto message = privsep::decode<privsep::MonitorToTerminal>(record);
    if (!message) {
      must_end_ = may_end_ = true;
    } else if (const auto* output = std::get_if<privsep::HostOutput>(&*message)) {
      emulator_.write(output->bytes);
    } else if (const auto* resize = std::get_if<privsep::TerminalResize>(&*message)) {
      emulator_.resize(resize->size);
      largest_.columns = std::max(largest_.columns, resize->size.columns);
      largest_.rows = std::max(largest_.rows, resize->size.rows);
    }
    if (message && std::holds_alternative<privsep::InputWritten>(*message)) {
      newest_written_ = std::max(newest_written_, std::get<privsep::InputWritten>(*message).state.value());
    }
  }
  void raw_from_net(std::span<const std::byte> record) {
    if (record.empty() || !sys::send_record(frames_.fd(), record)) return;
    const auto message = privsep::decode<privsep::NetToTerminal>(record);
    if (!message) must_end_ = true;
    may_end_ = raw_ = true;  // whether its bases exist is not known here, and its answer is one that nobody asked for
  }
  /// Bases by the record's numbers, of those that the client may have.
  void take(const fuzz::Record& record) {
    if (raw_ || asked_) return;
    auto acknowledged = std::next(screens_.begin(), record.number() % static_cast<std::ptrdiff_t>(screens_.size()));
    // The sender has 32 states at most under way, and the terminal keeps a few more.
    while (std::distance(acknowledged, screens_.end()) > 40) ++acknowledged;
    const auto assumed = std::next(acknowledged, record.number(1) % std::distance(acknowledged, screens_.end()));
    asked_ = sync::FrameRequest{assumed->first, acknowledged->first,
                                SnapshotId(screens_.rbegin()->first.value() + 1 + record.number(2) % 3U)};
    if (asked_->acknowledged > SnapshotId(0)) {
      screens_.erase(screens_.upper_bound(SnapshotId(0)), screens_.lower_bound(asked_->acknowledged));
      frames_.forget(asked_->acknowledged);
    }
    frames_.request_frame(*asked_, clock_.now());
    fresh_ = true;
  }

  void look() {
    std::array<std::byte, privsep::kMaxReplyBytes> printed{};
    std::vector<std::byte> buffer(privsep::kMaxToMonitorBytes);
    while (const auto record = monitor_.receive(buffer)) {
      const auto message = privsep::decode<privsep::TerminalToMonitor>(*record);
      CHECK(message && std::holds_alternative<privsep::Reply>(*message));
      CHECK(!privsep::print_reply(std::get<privsep::Reply>(*message), largest_, largest_, printed).empty());
    }
    while (const auto news = frames_.receive()) {
      if (!*news) return;
      if ((*news)->frame) look_at_frame(*(*news)->frame);
    }
    CHECK(raw_);  // an honest net finds no fault
  }

  void look_at_frame(const sync::FrameAnswer& frame) {
    CHECK(asked_ && frame.snapshot == asked_->snapshot &&
          (frame.base == asked_->assumed || frame.base == asked_->acknowledged));
    CHECK(frame.version >= version_ && frame.echo_ack >= echo_ack_ && frame.echo_ack.value() <= newest_written_);
    version_ = frame.version;
    echo_ack_ = frame.echo_ack;
    asked_.reset();
    auto replica = screens_.at(frame.base);
    if (frame.size_changed) replica.resize(static_cast<int>(frame.size.columns), static_cast<int>(frame.size.rows));
    replica.apply(frame.bytes);
    CHECK(replica.faults().empty());
    // A synchronised update is held back: what shows then is not yet what was printed.
    if (fresh_ && !emulator_.synchronized_output())
      CHECK(terminal::testing::mismatch(replica, emulator_.framebuffer()).empty());
    screens_.insert_or_assign(frame.snapshot, std::move(replica));
  }

  FakeClock clock_;
  privsep::ChannelPair net_pair_, monitor_pair_;
  server::FrameChannel frames_;
  privsep::Channel monitor_;
  server::TerminalSession session_;
  terminal::Emulator emulator_{WindowSize{}};
  std::map<SnapshotId, terminal::testing::StockReplica> screens_;  ///< what the client may show, by name
  std::optional<sync::FrameRequest> asked_;
  WindowSize largest_ = kSize;
  std::uint64_t newest_written_ = 0;
  ContentVersion version_;
  StateNumber echo_ack_;
  bool stalled_ = false, raw_ = false, fresh_ = false, may_end_ = false, must_end_ = false;
};

template <typename Message>
std::vector<std::uint8_t> raw(Kind kind, const Message& message) {
  std::vector<std::byte> scratch(256);
  return fuzz::whole_record(kind, privsep::encode(message, scratch));
}

std::vector<std::vector<std::uint8_t>> make_templates() {
  using namespace privsep;
  return {fuzz::whole_record(kOutput, bytes_of("hello\r\n\x1b[31mred\x1b[m \xe6\xbc\xa2")),
          fuzz::whole_record(kOutput, bytes_of("\x1b[2J\x1b[5;5H")),
          fuzz::whole_record(kOutput, bytes_of("\x1b[6n\x1b[c\x1b[?2026$p")),
          fuzz::whole_record(kOutput, bytes_of("\x1b[?2026h")),
          fuzz::whole_record(kOutput, bytes_of("\x1b[?1h\x1b]0;title\a")),
          fuzz::whole_record(kTake, bytes_of("\x01")),
          fuzz::whole_record(kTake, bytes_of("\xff\xff\x01")),
          fuzz::whole_record(kResize, bytes_of("(\x0c")),
          fuzz::whole_record(kWritten, bytes_of("\x01")),
          fuzz::whole_record(kTime, bytes_of("\x10")),
          fuzz::whole_record(kStall, bytes_of("\x01")),
          fuzz::whole_record(kStall, {}),
          raw(kRawMonitor, InputWritten{StateNumber(3)}),
          raw(kRawNet, TakeFrame{{}, {}, SnapshotId(1)})};
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const auto kTemplates = make_templates();
  return fuzz::mutate_records(data, size, max_size, seed, kTemplates);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  World world;
  fuzz::play_records(data, size, [&](const fuzz::Record& record) { return world.play(record); });
  return 0;
}
