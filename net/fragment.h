// Fragments: pieces of one compressed instruction, cut to fit datagrams and put together again within fixed bounds.
// Linked by net and the client worker. Wire protocol 4.1 to 4.4. Everything that arrives is chosen by the peer: it is
// dropped, never fatal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/strong_id.h"

namespace sallyport::net {

inline constexpr std::size_t kFragmentHeaderBytes = 10;  ///< spec: wire 4.1
inline constexpr std::size_t kMaxWireFragments = 32768;  ///< spec: wire 4.1
inline constexpr std::size_t kMaxAssemblyBytes = std::size_t{4}
                                                 << 20U;  ///< ours: wire 4.3, slices of one instruction
/// Ours: 4 MiB in slices of 256 bytes; no known sender cuts below 462.
inline constexpr std::size_t kMaxAssemblyFragments = 16384;

/// Equal ids belong to one instruction; they mean nothing else.
using FragmentId = StrongId<struct FragmentIdTag>;
/// Place within the instruction, from 0.
using FragmentNumber = StrongId<struct FragmentNumberTag, std::uint16_t>;

enum class FragmentPlace : std::uint8_t { kMore, kFinal };

/// One fragment; `slice` is borrowed.
struct Fragment {
  FragmentId id;
  FragmentNumber number;
  FragmentPlace place = FragmentPlace::kMore;
  std::span<const std::byte> slice;
};

/// Reads a packet's payload; nothing if it is shorter than a fragment header.
[[nodiscard]] std::optional<Fragment> parse_fragment(std::span<const std::byte> payload);
/// Writes header and slice to the front of `out`; returns what was written, empty if it does not fit.
[[nodiscard]] std::span<std::byte> write_fragment(const Fragment& fragment, std::span<std::byte> out);

/// One instruction cut up: a view that makes fragment `i` on demand. Borrows the compressed bytes.
class CutInstruction {
 public:
  CutInstruction(FragmentId id, std::span<const std::byte> compressed, std::size_t slice_limit)
      : id_(id), compressed_(compressed), slice_limit_(slice_limit) {}
  [[nodiscard]] FragmentId id() const { return id_; }
  [[nodiscard]] std::size_t count() const { return (compressed_.size() + slice_limit_ - 1) / slice_limit_; }
  /// `index` below count(), else traps.
  [[nodiscard]] Fragment operator[](std::size_t index) const;

 private:
  FragmentId id_;
  std::span<const std::byte> compressed_;
  std::size_t slice_limit_;
};

/// Numbers outgoing instructions: ids 1, 2, 3 ... Not copied.
class Fragmenter {
 public:
  Fragmenter() = default;
  Fragmenter(const Fragmenter&) = delete;
  Fragmenter& operator=(const Fragmenter&) = delete;
  /// Cuts `compressed` under a new id into slices of `slice_limit` (mtu.h) bytes, remainder last. Nothing, and no id
  /// used, if it is empty or would need more than kMaxWireFragments. The result borrows `compressed`.
  [[nodiscard]] std::optional<CutInstruction> cut(std::span<const std::byte> compressed, std::size_t slice_limit);

 private:
  std::uint64_t next_id_ = 1;
};

/// Why a fragment was dropped. All but kTooManyFragments also drop what was held of that instruction.
enum class FragmentDrop : std::uint8_t {
  kTooManyFragments,  ///< its number is kMaxAssemblyFragments or more
  kTooLarge,          ///< the slices together exceed kMaxAssemblyBytes
  kConflictingCopy,   ///< another slice, or another total, for a number that is held
  kBeyondFinal,       ///< a final number below a held one, or a number beyond the final
};

/// Holds the pieces of exactly one instruction; a fragment with another id, older ones included, drops them. Memory:
/// at most twice kMaxAssemblyBytes plus an entry per fragment, given back after large ones. Slices are wiped when
/// dropped. Not copied.
class FragmentAssembly {
 public:
  FragmentAssembly() = default;
  FragmentAssembly(const FragmentAssembly&) = delete;
  FragmentAssembly& operator=(const FragmentAssembly&) = delete;
  ~FragmentAssembly();

  /// Takes one fragment. The value is the whole compressed instruction once it is complete (borrowed: valid until the
  /// next call, and as long as the fragment's own bytes), nothing while pieces are missing or for an identical copy
  /// of a held piece. A one-fragment instruction is handed through without a copy or allocation, and again for each
  /// duplicate.
  [[nodiscard]] Result<std::optional<std::span<const std::byte>>, FragmentDrop> add(const Fragment& fragment);

  /// What add() delivered last has been used: wipes it.
  void wipe_delivered();

  /// Bytes of slices held; for tests and limits.
  [[nodiscard]] std::size_t held_bytes() const { return slices_.size(); }

 private:
  struct Piece {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  void clear();
  void append(std::span<const std::byte> slice);
  [[nodiscard]] std::span<const std::byte> slice_of(const Piece& piece) const;
  [[nodiscard]] std::optional<FragmentDrop> conflict_of(const Fragment& fragment) const;
  [[nodiscard]] std::span<const std::byte> concatenate();

  std::optional<FragmentId> id_;
  std::optional<std::size_t> total_;
  std::size_t highest_ = 0;  ///< greatest held number, while pieces_ is not empty
  bool in_order_ = true;     ///< slices_ is already the concatenation
  std::unordered_map<std::uint16_t, Piece> pieces_;
  std::vector<std::byte> slices_;  ///< in order of arrival
  std::vector<std::byte> whole_;   ///< last delivered concatenation
};

}  // namespace sallyport::net
