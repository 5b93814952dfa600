#include "server/net_session.h"

#include <poll.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/sys/io.h"
#include "base/wipe.h"

namespace sallyport::server {
namespace {

using privsep::Goodbye;
using privsep::ReceiveFailure;
using privsep::SendOutcome;

// ours: datagrams taken from one socket in one turn, so that the send phase and the channels always get theirs (architecture 4).
constexpr std::size_t kDatagramsPerTurn = 64;
constexpr int kRecordsPerTurn = 64;
// ours: what is dropped or not sent is reported together, at most so often, and only while the client is heard.
constexpr Duration kReportInterval = std::chrono::minutes(1);

sync::SessionTimeouts timeouts_of(const NetArguments& arguments) {
  return {std::chrono::seconds(arguments.network_timeout_seconds), std::chrono::seconds(arguments.signal_timeout_seconds)};
}

net::Family family_of(const NetArguments& arguments) {
  return arguments.family == AddressFamily::kIpv4 ? net::Family::kIpv4 : net::Family::kIpv6;
}

privsep::PeerAddress to_message(const net::Address& address) {
  const net::Address plain = address.unmapped();
  using Family = privsep::PeerAddress::Family;
  return {plain.family == net::Family::kIpv4 ? Family::kIpv4 : Family::kIpv6, plain.bytes, plain.port};
}

}  // namespace

NetSession::NetSession(privsep::Channel monitor, privsep::Channel terminal, net::UdpEndpoint sockets,
                       crypto::SessionKey key, const NetArguments& arguments, std::span<std::byte, 32> chaff_seed,
                       const Clock& clock)
    : monitor_(std::move(monitor)),
      sockets_(std::move(sockets)),
      clock_(clock),
      now_(clock.now()),
      packets_(std::move(key), crypto::Direction::kToClient),
      chaff_(chaff_seed),
      frames_(std::move(terminal)),
      transport_({packets_, *this, frames_, chaff_, family_of(arguments)}, now_),
      timers_(now_, timeouts_of(arguments)),
      drops_told_(now_),
      failures_told_(now_),
      record_(privsep::kMaxElsewhereBytes),
      scratch_(privsep::kMaxToMonitorBytes) {
  wipe(chaff_seed);
}

bool NetSession::start(const sandbox::Report& report) {
  return tell_monitor(privsep::Ready{}) &&
         tell_monitor(privsep::Log{privsep::Severity::kInfo, privsep::LogEvent::kSandbox, report.to_log_values()});
}

bool NetSession::turn(Duration at_most) {
  // What the wait found empty is not asked again: beside a flood that would be most of the system calls.
  const Ready ready = wait_for_events(at_most);
  read_sockets(ready);
  if (ready.monitor) read_monitor();
  if (ready.terminal) read_terminal();
  report_peer();
  report_silence();
  forward_input();
  frames_.flush();
  transport_.tick(now_);
  check_end();
  // Only in the client's company: what a stranger sends makes net say nothing to anybody.
  if (std::exchange(heard_, false)) {
    report_drops();
    report_send_failures();
  }
  return !over_ || !say_goodbye();
}

NetSession::Ready NetSession::wait_for_events(Duration at_most) {
  const auto paused = flood_pause_.pauses_until();
  std::array<pollfd, 4> entries = {{
      {monitor_.fd().number(), static_cast<short>(POLLIN | (monitor_full_ ? POLLOUT : 0)), 0},
      {frames_.fd().number(), static_cast<short>(POLLIN | (frames_.wants_to_write() ? POLLOUT : 0)), 0},
      {paused ? -1 : sockets_.any_fd().number(), POLLIN, 0},  // ppoll ignores -1
      {sockets_.peer_fd().number(), POLLIN, 0},
  }};
  const TimePoint next = std::min({transport_.next_timer(now_), timers_.next_deadline(), paused.value_or(kNever)});
  if (next != kNever && !over_) at_most = std::min(at_most, next - clock_.now());
  const auto count = sys::ppoll(entries, at_most == Duration::max() ? std::nullopt : std::optional(at_most));
  now_ = clock_.now();
  monitor_full_ = false;
  if (!count) return {};
  const auto readable = [](const pollfd& entry) { return (entry.revents & ~POLLOUT) != 0; };  // or broken: reading says how
  return {.monitor = readable(entries[0]),
          .terminal = readable(entries[1]),
          .any = readable(entries[2]) || (paused && now_ >= *paused),
          .peer = readable(entries[3])};
}

net::SendOutcome NetSession::send(const net::Address& to, std::span<const std::byte> datagram) {
  return sockets_.send(to, datagram);
}

void NetSession::read_sockets(const Ready& ready) {
  // The validated peer's own socket first: a flood on the other cannot displace what it carries.
  if (ready.peer) (void)read_socket(net::UdpEndpoint::Socket::kPeer);
  if (ready.any) flood_pause_.on_read(read_socket(net::UdpEndpoint::Socket::kAny), sockets_.peer_connected(), now_);
}

net::FloodPause::Reading NetSession::read_socket(net::UdpEndpoint::Socket which) {
  net::FloodPause::Reading reading;
  while (reading.taken + reading.refused < kDatagramsPerTurn) {
    const auto datagram = sockets_.receive_from(which, datagram_);
    if (!datagram) return reading;
    ++(take_datagram(*datagram) ? reading.taken : reading.refused);
  }
  reading.more = true;
  return reading;
}

bool NetSession::take_datagram(const net::ReceivedDatagram& datagram) {
  const auto received = transport_.receive(datagram.bytes, datagram.from, datagram.ecn, now_);
  if (!received.authentic) return false;
  heard_ = true;
  wipe(datagram.bytes);  // it was opened in place
  if (!received.new_state) return true;
  if (timers_.on_client_state(now_)) silent_ = false;
  if (received.first_state && transport_.input().empty()) release_owed_ = transport_.newest_client_state();
  return true;
}

void NetSession::read_monitor() {
  for (int i = 0; i < kRecordsPerTurn; ++i) {
    const auto record = monitor_.receive(record_);
    if (!record) {
      // Without the monitor there is no session, and nobody to say goodbye to.
      if (record.error() != ReceiveFailure::kNothing) end(Goodbye::Reason::kStopped);
      return;
    }
    const auto message = privsep::decode<privsep::MonitorToNet>(*record);
    if (!message) return end(Goodbye::Reason::kStopped);
    take_monitor_message(*message);
  }
}

void NetSession::take_monitor_message(const privsep::MonitorToNet& message) {
  const auto attachment = transport_.attached() ? sync::Attachment::kAttached : sync::Attachment::kDetached;
  if (const auto* consumed = std::get_if<privsep::Consumed>(&message)) {
    if (consumed->bytes > privsep::kInputCreditBytes - credit_) return end(Goodbye::Reason::kStopped);
    credit_ += consumed->bytes;
  } else if (const auto* signal = std::get_if<privsep::Signal>(&message)) {
    const auto step = signal->kind == privsep::Signal::Kind::kTerm ? timers_.on_terminate(attachment)
                                                                   : timers_.on_usr1(now_, attachment);
    take_step(step);
  } else if (std::holds_alternative<privsep::ChildExited>(message)) {
    if (!transport_.attached()) return end(Goodbye::Reason::kTimedOut);  // nobody to tell
    take_step(sync::SessionStep::kStartShutdown);
  } else {
    end(Goodbye::Reason::kStopped);  // Stop, or an Announce that comes again
  }
}

void NetSession::take_step(sync::SessionStep step) {
  switch (step) {
    case sync::SessionStep::kNone: return;
    case sync::SessionStep::kStartShutdown:
      transport_.start_shutdown(now_);
      return timers_.on_shutdown_started();
    case sync::SessionStep::kEndNoClient: return end(Goodbye::Reason::kNoClient);
    case sync::SessionStep::kEndIdle: return end(Goodbye::Reason::kNetworkIdle);
    case sync::SessionStep::kEndSignalled: return end(Goodbye::Reason::kSignalled);
  }
}

void NetSession::read_terminal() {
  for (int i = 0; i < kRecordsPerTurn; ++i) {
    const auto news = frames_.receive();
    if (!news) return end(Goodbye::Reason::kTerminalFailed);
    if (!*news) return;
    if ((*news)->dirty) transport_.on_dirty(now_);
    if ((*news)->frame && transport_.on_frame(*(*news)->frame, now_) == sync::FrameVerdict::kMismatch) {
      return end(Goodbye::Reason::kTerminalFailed);
    }
  }
}

void NetSession::report_peer() {
  if (const auto moved = transport_.take_peer_move()) {
    (void)sockets_.connect_peer(*moved);
    peer_to_tell_ = to_message(*moved);
  }
  // Before the first client state the session has no contact, only an authentic packet.
  if (!peer_to_tell_ || transport_.newest_client_state() == StateNumber(0)) return;
  const bool told = contact_told_ ? tell_monitor(privsep::PeerMoved{*peer_to_tell_})
                                  : tell_monitor(privsep::FirstContact{*peer_to_tell_});
  if (!told) return;
  contact_told_ = true;
  peer_to_tell_.reset();
}

void NetSession::report_silence() {
  if (timers_.take_silent(now_)) silent_ = true;
  if (!contact_told_ || silent_ == silent_told_) return;
  if (!(silent_ ? tell_monitor(privsep::Silent{}) : tell_monitor(privsep::Heard{}))) return;
  silent_told_ = silent_;
  if (!silent_) return;
  const auto quiet = std::chrono::duration_cast<std::chrono::seconds>(now_ - transport_.newest_client_state_arrived());
  (void)tell_monitor(privsep::Log{privsep::Severity::kInfo,
                                  privsep::LogEvent::kClientSilent,
                                  {static_cast<std::uint64_t>(quiet.count()), sockets_.counters().received, 0}});
}

void NetSession::forward_input() {
  if (!contact_told_) return;
  if (const auto newer = transport_.input().take_resize()) held_resize_ = newer;
  if (held_resize_) {
    if (!tell_monitor(privsep::NetResize{held_resize_->state, held_resize_->size})) return;
    held_resize_.reset();
  }
  if (release_owed_) {
    if (!tell_monitor(privsep::Input{*release_owed_, true, {}})) return;
    release_owed_.reset();
  }
  for (;;) {
    if (!held_input_) {
      held_input_ = transport_.input().next(std::min(credit_, privsep::kMaxInputPieceBytes), frames_.cursor_keys());
    }
    if (!held_input_) return;
    const bool told = tell_monitor(privsep::Input{held_input_->state, held_input_->last, held_input_->bytes});
    wipe(std::span(scratch_).first(std::min(scratch_.size(), held_input_->bytes.size() + 16)));
    if (!told) return;
    credit_ -= held_input_->bytes.size();
    held_input_.reset();
  }
}

void NetSession::check_end() {
  const auto attachment = transport_.attached() ? sync::Attachment::kAttached : sync::Attachment::kDetached;
  take_step(timers_.on_time(now_, attachment));
  switch (transport_.ending(now_)) {
    case sync::Ending::kNotYet: return;
    case sync::Ending::kPeerLeft: return end(Goodbye::Reason::kClientLeft);
    case sync::Ending::kAcknowledged: return end(Goodbye::Reason::kAcknowledged);
    case sync::Ending::kTimedOut: return end(Goodbye::Reason::kTimedOut);
    case sync::Ending::kUsageLimit: return end(Goodbye::Reason::kUsageLimit);
  }
}

void NetSession::report_drops() {
  const sync::LinkDrops& drops = transport_.drops();
  const std::uint64_t dropped = drops.datagrams + drops.fragments + drops.streams + drops.instructions;
  if (dropped == drops_counted_ || now_ - drops_told_ < kReportInterval) return;
  drops_counted_ = dropped;
  drops_told_ = now_;
  (void)tell_monitor(privsep::Log{privsep::Severity::kInfo,
                                  privsep::LogEvent::kDatagramsDropped,
                                  {drops.datagrams, drops.fragments + drops.streams, drops.instructions}});
}

void NetSession::report_send_failures() {
  const net::UdpCounters& counters = sockets_.counters();
  const std::uint64_t failures = counters.send_failures + counters.icmp_errors + counters.truncated;
  if (failures == failures_counted_ || now_ - failures_told_ < kReportInterval) return;
  failures_counted_ = failures;
  failures_told_ = now_;
  (void)tell_monitor(privsep::Log{privsep::Severity::kInfo,
                                  privsep::LogEvent::kSendFailed,
                                  {counters.send_failures, counters.icmp_errors, counters.truncated}});
}

void NetSession::end(Goodbye::Reason reason) {
  if (!over_) over_ = reason;
}

bool NetSession::say_goodbye() {
  // A full channel is waited for: the monitor always reads it. A closed one needs no goodbye.
  if (tell_monitor(Goodbye{*over_})) return true;
  return !monitor_full_;
}

bool NetSession::send_to_monitor(std::span<const std::byte> record) {
  const SendOutcome outcome = monitor_.send(record);
  monitor_full_ = monitor_full_ || outcome == SendOutcome::kFull;
  return outcome == SendOutcome::kSent;
}

}  // namespace sallyport::server
