// Between instructions and datagrams: serialise, deflate, cut and seal one way; open, reassemble, inflate and decode
// the other (wire 3 to 5.1). Linked by net, later by the client. No sockets: datagrams come and go as spans.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/clock.h"
#include "base/secret_bytes.h"
#include "base/wipe.h"
#include "net/fragment.h"
#include "net/inflate.h"
#include "net/mtu.h"
#include "net/packet.h"
#include "proto/transport_instruction.h"
#include "sync/chaff.h"
#include "sync/datagram_size.h"

namespace sallyport::sync {

/// Peer errors met so far, for the log. None is ever answered.
struct LinkDrops {
  std::uint64_t datagrams = 0;      ///< not opened: damaged, forged, reflected, repeated, too old
  std::uint64_t forged = 0;         ///< of these, how many were not sealed with the key
  std::uint64_t fragments = 0;      ///< short, conflicting, inconsistent, too many
  std::uint64_t streams = 0;        ///< not a zlib stream within its bounds
  std::uint64_t instructions = 0;   ///< undecodable, or of another protocol version
};

class InstructionLink {
 public:
  /// Borrows `packets` and `chaff` for its life. `datagram_bytes`: net::max_datagram_bytes of the bound address.
  InstructionLink(net::PacketLayer& packets, ChaffSource& chaff, std::size_t datagram_bytes)
      : packets_(packets), chaff_(chaff), size_(datagram_bytes) {}

  /// Makes the datagrams of one instruction, with fresh chaff and the next fragment id, or, if it is the one before once more, with
  /// the same: then what has arrived of either completes the other (wire 4.3, 13). Hands each to
  /// `emit(std::span<const std::byte>)` as it is made. Returns their bytes in total. Once the key's use is exhausted
  /// nothing is emitted any more and exhausted() is true.
  template <typename Emit>
  std::size_t send(const proto::TransportInstruction& instruction, TimePoint now, Emit&& emit) {
    std::size_t total = 0;
    std::size_t longest = 0;
    const auto cut = cut_up(instruction, net::slice_limit(size_.bytes(now)));
    for (std::size_t i = 0; cut && i < cut->count() && !exhausted_; ++i) {
      const auto datagram = seal((*cut)[i], now);
      total += datagram.size();
      longest = std::max(longest, datagram.size());
      if (!datagram.empty()) emit(std::span<const std::byte>(datagram));
    }
    size_.on_sent(instruction.new_num, longest, now, cut ? cut->count() : 1);
    return total;
  }
  /// What was sent was typed input: wipes what packing it left behind.
  void wipe_sent() {
    deflater_.clear();
    wipe(buffer_);
  }
  /// State `num` has arrived: what is kept of it and of those before, to be sent again, is wiped.
  void forget_up_to(StateNumber num) {
    if (kept_ && kept_->numbers.new_num <= num) kept_.reset();
  }
  /// How long its datagrams are: to be told of acknowledgments, failed sends and changes of the path.
  [[nodiscard]] DatagramSize& size() { return size_; }
  /// The key may not be used any more: the session must end.
  [[nodiscard]] bool exhausted() const { return exhausted_; }

  struct Opened {
    net::Order order = net::Order::kInOrder;
    std::optional<double> round_trip_ms;  ///< measured by this packet
    /// Completed by it; borrowed until the next call of open().
    std::optional<proto::TransportInstruction> instruction;
  };
  /// Opens one UDP payload, in place. Nothing if it is not authentic and new; no state has changed then.
  [[nodiscard]] std::optional<Opened> open(std::span<std::byte> datagram, net::Ecn ecn, TimePoint now);
  /// The instruction that open() gave has been used: wipes it.
  void done() {
    inflater_.clear();
    assembly_.wipe_delivered();
  }

  [[nodiscard]] const LinkDrops& drops() const { return drops_; }
  [[nodiscard]] const net::RttEstimator& rtt() const { return packets_.rtt(); }

 private:
  /// The last instruction sent, if it took several datagrams.
  struct Kept {
    proto::TransportInstruction numbers;   ///< without diff and chaff
    SecretBytes diff;
    SecretBytes compressed;
    net::FragmentId id;
    std::size_t slice_limit;
  };
  [[nodiscard]] std::optional<net::CutInstruction> cut_up(const proto::TransportInstruction& instruction, std::size_t slice_limit);
  [[nodiscard]] bool repeats_kept(const proto::TransportInstruction& instruction, std::size_t slice_limit) const;
  [[nodiscard]] std::span<const std::byte> compress(const proto::TransportInstruction& instruction);
  [[nodiscard]] std::span<std::byte> seal(const net::Fragment& fragment, TimePoint now);
  [[nodiscard]] std::optional<proto::TransportInstruction> complete(std::span<const std::byte> payload);

  net::PacketLayer& packets_;
  ChaffSource& chaff_;
  DatagramSize size_;
  net::Fragmenter fragmenter_;
  std::optional<Kept> kept_;
  net::FragmentAssembly assembly_;
  net::Inflater inflater_;
  net::Deflater deflater_;
  std::array<std::byte, net::kIpv4DatagramBytes> buffer_{};  ///< the largest size that we build
  bool exhausted_ = false;
  LinkDrops drops_;
};

}  // namespace sallyport::sync
