// The net compartment's event loop (architecture 1, 3, 4): datagrams on two sockets, the monitor and the terminal on two
// channels, and sync::ServerTransport between them. Holds the session's key. Linked by the net program alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/raw_buffer.h"
#include "crypto/session_key.h"
#include "net/flood_pause.h"
#include "net/packet.h"
#include "net/udp_socket.h"
#include "privsep/channel.h"
#include "privsep/net_monitor.h"
#include "sandbox/report.h"
#include "server/compartment_arguments.h"
#include "server/frame_channel.h"
#include "sync/chaff.h"
#include "sync/session_timers.h"
#include "sync/transport.h"

namespace sallyport::server {

class NetSession final : private sync::DatagramSink {
 public:
  /// `clock` must outlive the session. `chaff_seed` is wiped.
  NetSession(privsep::Channel monitor, privsep::Channel terminal, net::UdpEndpoint sockets, crypto::SessionKey key,
             const NetArguments& arguments, std::span<std::byte, 32> chaff_seed, const Clock& clock);

  /// Says Ready and which layers of confinement are active. False if the monitor is gone.
  [[nodiscard]] bool start(const sandbox::Report& report);

  /// Waits for one event, no longer than `at_most`, and handles everything that is ready. False once the session is over:
  /// the process exits.
  [[nodiscard]] bool turn(Duration at_most = Duration::max());

  [[nodiscard]] const privsep::Channel& monitor() const { return monitor_; }

 private:
  net::SendOutcome send(const net::Address& to, std::span<const std::byte> datagram) override;
  /// What the wait found something at.
  struct Ready {
    bool monitor = false;
    bool terminal = false;
    bool any = false;   ///< the socket that takes datagrams from anybody
    bool peer = false;  ///< and the one of the validated peer
  };
  [[nodiscard]] Ready wait_for_events(Duration at_most);
  void read_sockets(const Ready& ready);
  net::FloodPause::Reading read_socket(net::UdpEndpoint::Socket which);
  /// Whether it was authentic and new.
  bool take_datagram(const net::ReceivedDatagram& datagram);
  void read_monitor();
  void take_monitor_message(const privsep::MonitorToNet& message);
  void take_step(sync::SessionStep step);
  void read_terminal();
  void report_peer();
  void report_silence();
  void report_drops();
  void report_send_failures();
  void forward_input();
  void check_end();
  void end(privsep::Goodbye::Reason reason);
  [[nodiscard]] bool say_goodbye();
  /// False, and nothing, if the channel is full (then monitor_full_) or closed.
  template <typename Message>
  [[nodiscard]] bool tell_monitor(const Message& message) {
    return send_to_monitor(privsep::encode(message, scratch_));
  }
  [[nodiscard]] bool send_to_monitor(std::span<const std::byte> record);

  privsep::Channel monitor_;
  net::UdpEndpoint sockets_;
  net::FloodPause flood_pause_;
  const Clock& clock_;
  TimePoint now_;
  net::PacketLayer packets_;
  sync::ChaffSource chaff_;
  FrameChannel frames_;
  sync::ServerTransport transport_;
  sync::SessionTimers timers_;

  std::size_t credit_ = privsep::kInputCreditBytes;
  bool contact_told_ = false;           ///< FirstContact is sent
  std::optional<StateNumber> release_owed_;  ///< the first state had no event: the shell waits for an empty Input of it
  std::optional<sync::PendingResize> held_resize_;
  std::optional<sync::InputPiece> held_input_;  ///< did not fit into the channel
  std::optional<privsep::PeerAddress> peer_to_tell_;
  bool silent_ = false;       ///< the client is
  bool silent_told_ = false;  ///< and the monitor knows; told when there is room, whatever happened meanwhile
  bool monitor_full_ = false;
  bool heard_ = false;                  ///< in this turn, something authentic
  TimePoint drops_told_;
  std::uint64_t drops_counted_ = 0;
  TimePoint failures_told_;
  std::uint64_t failures_counted_ = 0;
  std::optional<privsep::Goodbye::Reason> over_;

  std::array<std::byte, net::kReceiveBufferBytes> datagram_{};
  RawBuffer record_;   ///< receive buffer
  RawBuffer scratch_;  ///< send buffer
};

}  // namespace sallyport::server
