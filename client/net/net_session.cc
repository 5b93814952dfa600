#include "client/net/net_session.h"

#include <poll.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "base/sys/io.h"
#include "base/wipe.h"

namespace sallyport::client {
namespace {

namespace messages = privsep::client;
using messages::Notice;

// ours: datagrams and records taken from one descriptor in one turn, so that everything else gets its share.
constexpr int kDatagramsPerTurn = 64;
constexpr int kRecordsPerTurn = 64;
// ours: a person who quits before the server was ever heard does not wait longer (command line 2.8).
constexpr Duration kQuitUnconnected = std::chrono::milliseconds(600);
// ours: nor for a server that does not answer any more; it has been told some ten times by then.
constexpr Duration kQuitUnanswered = std::chrono::milliseconds(700);
// ours: and so long is the closing handshake tried for a server that never answered at all.
constexpr Duration kCloseUnconnected = std::chrono::seconds(2);
// ours: without a screen the session is of no use; the server is still told.
constexpr Duration kCloseWithoutScreen = std::chrono::seconds(1);
// ours: what is on its way to a screen that does not read is given up then.
constexpr Duration kLastFlush = std::chrono::milliseconds(500);

net::Address to_address(const ServerAddress& server, std::uint16_t port) {
  net::Address address;
  address.family = server.ipv6 ? net::Family::kIpv6 : net::Family::kIpv4;
  address.bytes = server.bytes;
  address.port = port;
  address.scope = server.scope;
  return address;
}

std::uint64_t nanoseconds(TimePoint at) {
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(at.time_since_epoch()).count());
}

std::vector<net::Address> to_addresses(const NetArguments& arguments) {
  std::vector<net::Address> addresses;
  for (const ServerAddress& server : arguments.addresses) addresses.push_back(to_address(server, arguments.port));
  return addresses;
}

}  // namespace

NetSession::NetSession(Channels channels, net::ClientSockets sockets, crypto::SessionKey key,
                       const NetArguments& arguments, std::span<std::byte, 32> chaff_seed, const Clock& clock)
    : guard_(std::move(channels.guard)),
      tty_(std::move(channels.tty)),
      sockets_(std::move(sockets)),
      clock_(clock),
      now_(clock.now()),
      started_(now_),
      packets_(std::move(key), crypto::Direction::kToServer),
      chaff_(chaff_seed),
      screen_(std::move(channels.screen)),
      states_(screen_),
      paths_(to_addresses(arguments)),
      transport_({packets_, *this, states_, chaff_}, paths_.current(), now_),
      heard_(now_),
      record_(privsep::kMaxElsewhereBytes) {
  wipe(chaff_seed);
}

bool NetSession::start(const sandbox::Report& report) {
  const privsep::Log log{privsep::Severity::kInfo, privsep::LogEvent::kSandbox, report.to_log_values()};
  return guard_.send_message(messages::Ready{}, scratch_) == privsep::SendOutcome::kSent &&
         guard_.send_message(log, scratch_) == privsep::SendOutcome::kSent;
}

bool NetSession::turn(Duration at_most) {
  wait_for_events(at_most);
  check_guard();
  read_tty();
  read_sockets();
  check_screen();
  if (sized_ && !over_) {
    steer();
    transport_.tick(now_);
  }
  give_credit();
  report_notices();
  screen_.flush();
  report_link();
  screen_.flush();
  check_end();
  return !gone_ && (!over_ || !say_goodbye());
}

TimePoint NetSession::next_timer() const {
  if (over_) return flush_end_;
  TimePoint next = patience_end_;
  if (!connected_ && patience_end_ == kNever) next = started_ + kConnectLimit;
  return sized_ ? std::min({next, transport_.next_timer(now_), paths_.next_deadline(facts())}) : next;
}

void NetSession::wait_for_events(Duration at_most) {
  const bool to_screen = !screen_.empty();
  std::array<pollfd, 3 + net::kClientSockets> entries = {{
      {guard_.fd().number(), POLLIN, 0},
      {tty_.fd().number(), static_cast<short>(POLLIN | (tty_full_ ? POLLOUT : 0)), 0},
      {screen_.failed() ? -1 : screen_.fd().number(), static_cast<short>(POLLIN | (to_screen ? POLLOUT : 0)), 0},
  }};
  for (std::size_t i = 0; i < net::kClientSockets; ++i) entries[3 + i] = {sockets_.fd(i).number(), POLLIN, 0};
  const TimePoint next = next_timer();
  if (next != kNever) at_most = std::min(at_most, next - clock_.now());
  (void)sys::ppoll(entries, at_most == Duration::max() ? std::nullopt : std::optional(at_most));
  now_ = clock_.now();
  tty_full_ = false;
}

net::SendOutcome NetSession::send(const net::Address& to, std::span<const std::byte> datagram) {
  const auto outcome = sockets_.send(to, datagram, now_);
  if (outcome == net::SendOutcome::kSent) notices_.over(Notice::Kind::kSendFailed);
  if (const auto error = sockets_.take_send_error()) {
    notices_.on(Notice::Kind::kSendFailed, static_cast<std::uint32_t>(*error));
    paths_.on_no_way(now_);
  }
  return outcome;
}

void NetSession::read_sockets() {
  for (std::size_t socket = 0; socket < net::kClientSockets; ++socket) {
    for (int i = 0; i < kDatagramsPerTurn; ++i) {
      const auto datagram = sockets_.receive(socket, datagram_);
      if (!datagram) break;
      take_datagram(*datagram, *sockets_.connected(socket));
    }
  }
  const auto error = sockets_.take_receive_error();
  if (!error) return;
  // A server that has our answer to its end has gone, and with it its port.
  if (transport_.sender().responder().answered()) return end(Ended::Reason::kServerEnded);
  notices_.on(Notice::Kind::kReceiveFailed, static_cast<std::uint32_t>(*error));
}

void NetSession::take_datagram(const net::ReceivedDatagram& datagram, const net::Address& from) {
  const std::uint64_t undecodable = states_.undecodable();
  const auto received = transport_.receive(datagram.bytes, datagram.ecn, now_);
  if (received.forged) notices_.on(Notice::Kind::kNotAuthentic);
  if (!received.authentic) return;
  wipe(datagram.bytes);  // it was opened in place
  notices_.over(Notice::Kind::kReceiveFailed);
  if (const auto unanswered = paths_.on_heard(from, now_)) {
    notices_.on(Notice::Kind::kUnanswered, static_cast<std::uint32_t>(*unanswered));
  }
  if (transport_.server() != paths_.current()) transport_.move_to(paths_.current(), now_);
  if (states_.undecodable() != undecodable) notices_.on(Notice::Kind::kNotAScreen);
  if (!received.heard) return;
  heard_ = now_;
  connected_ = connected_ || transport_.screen_state() != StateNumber(0);
}

net::ServerPaths::Facts NetSession::facts() const {
  return {.last_roundtrip = transport_.sender().last_roundtrip(),
          .input_since = input_since_,
          .round_trip = packets_.rtt().rto()};
}

void NetSession::steer() {
  const StateNumber acknowledged = transport_.sender().sent().first().num;
  if (transport_.unacknowledged() == 0) {
    input_since_.reset();
  } else if (!input_since_ || acknowledged != acknowledged_) {
    input_since_ = now_;
  }
  acknowledged_ = acknowledged;
  sockets_.close_old_ports(now_);
  const auto step = paths_.step(now_, facts());
  if (!step.move) return;
  if (step.new_port) (void)sockets_.hop(paths_.current(), now_);
  if (const auto error = sockets_.take_send_error()) {
    notices_.on(Notice::Kind::kSendFailed, static_cast<std::uint32_t>(*error));
  }
  transport_.move_to(paths_.current(), now_);
}

void NetSession::read_tty() {
  for (int i = 0; i < kRecordsPerTurn && !gone_; ++i) {
    const auto record = tty_.receive(record_);
    if (!record && record.error() == privsep::ReceiveFailure::kNothing) return;
    const auto message = record ? privsep::decode<messages::TtyToNet>(*record) : std::unexpected(privsep::Violation::kEmpty);
    if (!message) {
      gone_ = true;
    } else if (const auto* typed = std::get_if<messages::Typed>(&*message)) {
      take_typed(typed->bytes);
    } else if (const auto* resized = std::get_if<messages::Resized>(&*message)) {
      take_window(resized->size);
    } else {
      close(connected_ ? Ended::Reason::kUnanswered : Ended::Reason::kNeverConnected,
            connected_ ? kQuitUnanswered : kQuitUnconnected);
    }
    if (record) wipe(std::span(record_).first(record->size()));
  }
}

void NetSession::take_typed(std::span<const std::byte> bytes) {
  // The window's size comes first of all, and tty keeps within its credit.
  if (!sized_ || bytes.size() > messages::kTypedCreditBytes - untaken_) {
    gone_ = true;
    return;
  }
  untaken_ += bytes.size();
  if (transport_.sender().closing()) return;
  const messages::Keys keys{transport_.sender().sent().last().num, static_cast<std::uint32_t>(bytes.size()), bytes};
  if (screen_.has_room(kRecordCostBytes + bytes.size())) screen_.push(keys);
  transport_.type(bytes, now_);
}

void NetSession::take_window(WindowSize size) {
  sized_ = true;
  paths_.start(now_);
  states_.on_window(size);
  const WindowSize largest = states_.largest();
  transport_.hold_at_most(messages::max_held_states(std::size_t{largest.columns} * largest.rows));
  transport_.resize(size, now_);
}

void NetSession::check_guard() {
  // Guard says nothing here; without it there is nobody to end the session for.
  const auto record = guard_.receive(record_);
  gone_ = gone_ || record || record.error() != privsep::ReceiveFailure::kNothing;
}

void NetSession::check_screen() {
  screen_.check();
  if (screen_.failed()) close(Ended::Reason::kScreenFailed, kCloseWithoutScreen);
}

void NetSession::give_credit() {
  const bool taken = transport_.unacknowledged() < kMaxUnacknowledged || transport_.sender().closing();
  if (untaken_ == 0 || !taken) return;
  if (tell_tty(messages::Taken{static_cast<std::uint32_t>(untaken_)})) untaken_ = 0;
}

void NetSession::report_notices() {
  while (screen_.has_room(kRecordCostBytes)) {
    const auto notice = notices_.take(now_);
    if (!notice) return;
    screen_.push(*notice);
  }
}

void NetSession::report_link() {
  if (!screen_.empty()) return;  // it tells of now: later, then
  const sync::Sender& sender = transport_.sender();
  const auto interval = std::chrono::duration_cast<std::chrono::milliseconds>(sender.retransmission_interval());
  const messages::Link link{.heard_ns = nanoseconds(heard_),
                            .acked_ns = nanoseconds(sender.last_roundtrip()),
                            .send_interval_ms = static_cast<std::uint32_t>(interval.count()),
                            .connected = connected_,
                            .closing = sender.closing() || sender.responder().asked()};
  if (link_told_ == link) return;
  link_told_ = link;
  screen_.push(link);
}

void NetSession::close(Ended::Reason unanswered, Duration patience) {
  patience_end_ = std::min(patience_end_, now_ + patience);
  if (transport_.sender().closing()) return;
  unanswered_ = unanswered;
  transport_.start_shutdown(now_);
  // Before the first datagram there is no server that knows of us.
  if (!sized_) end(unanswered);
}

void NetSession::check_end() {
  if (!connected_ && now_ >= started_ + kConnectLimit && !transport_.sender().closing()) {
    notices_.on(Notice::Kind::kNeverConnected);
    close(Ended::Reason::kNeverConnected, kCloseUnconnected);
  }
  const bool screen_failed = screen_.failed();
  switch (transport_.ending(now_)) {
    case sync::Ending::kNotYet:
      if (now_ >= patience_end_) end(unanswered_);
      return;
    case sync::Ending::kPeerLeft: return end(screen_failed ? Ended::Reason::kScreenFailed : Ended::Reason::kServerEnded);
    case sync::Ending::kAcknowledged:
      return end(screen_failed ? Ended::Reason::kScreenFailed : Ended::Reason::kAcknowledged);
    case sync::Ending::kTimedOut: return end(unanswered_);
    case sync::Ending::kUsageLimit: return end(Ended::Reason::kUsageLimit);
  }
}

void NetSession::end(Ended::Reason reason) {
  if (over_) return;
  over_ = reason;
  flush_end_ = now_ + kLastFlush;
}

bool NetSession::say_goodbye() {
  if (!screen_.empty() && now_ < flush_end_) return false;
  // A full channel is waited for: tty reads it. A closed one needs no goodbye.
  return tell_tty(Ended{*over_}) || !tty_full_;
}

}  // namespace sallyport::client
