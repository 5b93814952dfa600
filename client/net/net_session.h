// The event loop of the client's net (architecture 9): datagrams on up to four sockets, tty and screen on two channels, and
// sync::ClientTransport between them. Holds the session's key. Linked by the client's net.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "client/common/compartment_arguments.h"
#include "client/net/host_states.h"
#include "client/net/notices.h"
#include "client/net/screen_queue.h"
#include "crypto/session_key.h"
#include "net/client_sockets.h"
#include "net/packet.h"
#include "net/server_paths.h"
#include "privsep/channel.h"
#include "privsep/client_guard.h"
#include "privsep/client_tty_net.h"
#include "sandbox/report.h"
#include "sync/chaff.h"
#include "sync/client_transport.h"

namespace sallyport::client {

/// Without any state of the server's for so long: the session ends (spec: wire 8.7).
inline constexpr Duration kConnectLimit = std::chrono::seconds(15);
/// Typed input that may wait for its acknowledgment before tty is asked to wait (ours).
inline constexpr std::size_t kMaxUnacknowledged = std::size_t{1} << 20U;

class NetSession final : private sync::DatagramSink {
 public:
  struct Channels {
    privsep::Channel guard;
    privsep::Channel tty;
    privsep::Channel screen;
  };
  /// `clock` must outlive the session. `chaff_seed` is wiped.
  NetSession(Channels channels, net::ClientSockets sockets, crypto::SessionKey key, const NetArguments& arguments,
             std::span<std::byte, 32> chaff_seed, const Clock& clock);

  /// Says Ready and which layers of confinement are active. False if guard is gone.
  [[nodiscard]] bool start(const sandbox::Report& report);

  /// Waits for one event, no longer than `at_most`, and handles everything that is ready. False once the session is over:
  /// the process exits.
  [[nodiscard]] bool turn(Duration at_most = Duration::max());

  [[nodiscard]] const privsep::Channel& guard() const { return guard_; }
  [[nodiscard]] const sync::ClientTransport& transport() const { return transport_; }

 private:
  using Ended = privsep::client::Ended;

  net::SendOutcome send(const net::Address& to, std::span<const std::byte> datagram) override;
  void wait_for_events(Duration at_most);
  [[nodiscard]] TimePoint next_timer() const;
  void read_sockets();
  void take_datagram(const net::ReceivedDatagram& datagram, const net::Address& from);
  [[nodiscard]] net::ServerPaths::Facts facts() const;
  void steer();
  void read_tty();
  void take_typed(std::span<const std::byte> bytes);
  void take_window(WindowSize size);
  void check_guard();
  void check_screen();
  void give_credit();
  void report_link();
  void report_notices();
  void close(Ended::Reason unanswered, Duration patience);
  void check_end();
  void end(Ended::Reason reason);
  [[nodiscard]] bool say_goodbye();
  template <typename Message>
  [[nodiscard]] bool tell_tty(const Message& message) {
    const auto outcome = tty_.send_message(message, scratch_);
    tty_full_ = tty_full_ || outcome == privsep::SendOutcome::kFull;
    return outcome == privsep::SendOutcome::kSent;
  }

  privsep::Channel guard_;
  privsep::Channel tty_;
  net::ClientSockets sockets_;
  const Clock& clock_;
  TimePoint now_;
  TimePoint started_;
  net::PacketLayer packets_;
  sync::ChaffSource chaff_;
  ScreenQueue screen_;
  HostStates states_;
  net::ServerPaths paths_;
  sync::ClientTransport transport_;
  Notices notices_;

  bool sized_ = false;          ///< the window's size is known: before that nothing is sent (wire 7.1)
  bool connected_ = false;      ///< a state has come
  std::size_t untaken_ = 0;     ///< typed bytes whose credit tty has not got back
  bool tty_full_ = false;
  TimePoint heard_;             ///< the newest state, or a repeat
  std::optional<TimePoint> input_since_;  ///< since then input waits, and nothing was acknowledged
  StateNumber acknowledged_;    ///< at that time
  std::optional<privsep::client::Link> link_told_;
  /// When closing may take no longer, whatever the transport thinks, and what is said of it then.
  TimePoint patience_end_ = kNever;
  Ended::Reason unanswered_ = Ended::Reason::kUnanswered;
  bool gone_ = false;           ///< guard or tty is: nobody to say goodbye to
  std::optional<Ended::Reason> over_;
  TimePoint flush_end_ = kNever;

  std::array<std::byte, net::kReceiveBufferBytes> datagram_{};
  std::vector<std::byte> record_;   ///< receive buffer
  std::array<std::byte, 64> scratch_{};
};

}  // namespace sallyport::client
