// A short session that measures the way to a server and back (wire 3 to 5): any answer, round trips and loss, the sizes
// of datagrams that pass, and an orderly end. It types into a program that echoes, and prints noise for each newline.
// What the server sends is not trusted: nothing of it is kept but numbers. Runs confined in libexec/sallyport/probe;
// knows no terminal, no file.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/clock.h"
#include "client/common/compartment_arguments.h"
#include "client/doctor/probe_messages.h"
#include "crypto/session_key.h"
#include "net/client_sockets.h"
#include "privsep/channel.h"
#include "sync/instruction_link.h"

namespace sallyport::client {

/// How long and how often; tests shorten them.
struct ProbeLimits {
  Duration first_answer =
      std::chrono::seconds(6);  ///< ours: a server answers within a round trip; three repeats of stock's pace
  Duration repeat = std::chrono::milliseconds(250);  ///< spec: wire 5.4, before the round trip is known
  unsigned round_trips = 50;                         ///< ours: 2 % of loss is seen
  Duration all_round_trips = std::chrono::seconds(8);
  Duration one_answer = std::chrono::milliseconds(1500);
  unsigned tries = 3;  ///< of one size
  Duration noise = std::chrono::seconds(4);
  Duration closing = std::chrono::seconds(2);
};

class ProbeSession {
 public:
  /// Borrows the channel and the clock. `sockets`: of each family the first may not be fragmented on the way (it is
  /// used for sizes alone), the second may.
  ProbeSession(const privsep::Channel& doctor, net::ClientSockets sockets, crypto::SessionKey&& key,
               const NetArguments& server, std::span<const std::byte, 32> chaff_seed, const Clock& clock,
               const ProbeLimits& limits = {});

  /// All of it, in order; tells the doctor as it goes. Ends early when the doctor is gone.
  void run();

 private:
  template <typename Message>
  void tell(const Message& message);
  [[nodiscard]] bool find_answer();
  void measure_round_trips();
  void measure_upward();
  void measure_downward();
  [[nodiscard]] bool close();

  /// The next state: all that is not acknowledged, with `keys` after it, in one datagram of at least `bytes`. Its
  /// number.
  StateNumber type(std::string_view keys, std::size_t bytes = 0);
  void send(StateNumber number, std::size_t bytes);
  void forget_acknowledged(std::uint64_t number);
  /// Whether a datagram of this size is acknowledged.
  [[nodiscard]] bool passes(std::size_t bytes);
  /// Handles what comes until `condition()` or the time is over. True: the condition.
  template <typename Condition>
  bool wait(Condition condition, Duration limit);
  void wait_for_datagram(Duration limit);
  void receive_all();
  void take(const net::ReceivedDatagram& datagram);
  void take_instruction(const proto::TransportInstruction& instruction);

  const privsep::Channel& doctor_;
  net::ClientSockets sockets_;
  const Clock& clock_;
  ProbeLimits limits_;
  std::vector<net::Address> addresses_;
  std::size_t used_ = 0;  ///< of addresses_: where datagrams go
  net::PacketLayer packets_;
  sync::ChaffSource chaff_;
  sync::InstructionLink link_;  ///< opens
  net::Deflater deflater_{0};   ///< stores: sizes are then known
  std::uint64_t fragment_id_ = 0;

  SecretBytes typed_;                                     ///< serialised events that are not acknowledged
  std::map<std::uint64_t, std::size_t> ends_ = {{0, 0}};  ///< state, bytes of typed_ that it has
  std::uint64_t last_sent_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::set<std::uint64_t> received_ = {0};

  std::optional<std::size_t> answered_by_;  ///< of addresses_
  std::uint64_t not_authentic_ = 0;
  std::optional<int> send_error_;
  bool refused_ = false;
  bool sent_any_ = false;
  std::vector<double> round_trips_ms_;
  std::set<std::uint64_t> sequences_;  ///< the server's
  std::size_t largest_received_ = 0;
  std::size_t largest_diff_ = 0;
  bool doctor_gone_ = false;
};

}  // namespace sallyport::client
