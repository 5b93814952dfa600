#include "net/fragment.h"

#include <algorithm>
#include <utility>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/check.h"
#include "base/wipe.h"

namespace sallyport::net {
namespace {

constexpr std::uint16_t kFinalBit = 0x8000;    // spec: wire 4.1
constexpr std::uint16_t kNumberMask = 0x7FFF;  // spec: wire 4.1
/// Ours: what an assembly keeps allocated between instructions, several full screens compressed.
constexpr std::size_t kKeptBytes = std::size_t{64} << 10U;

void wipe_and_empty(std::vector<std::byte>& bytes) {
  wipe(bytes);
  bytes.clear();
  if (bytes.capacity() > kKeptBytes) std::vector<std::byte>().swap(bytes);
}

/// As reserve(), but wipes the storage it leaves.
void grow(std::vector<std::byte>& bytes, std::size_t capacity) {
  std::vector<std::byte> larger;
  larger.reserve(capacity);
  larger.assign(bytes.begin(), bytes.end());
  wipe(bytes);
  bytes = std::move(larger);
}

}  // namespace

std::optional<Fragment> parse_fragment(std::span<const std::byte> payload) {
  ByteReader in(payload);
  Fragment fragment;
  fragment.id = FragmentId(in.big_endian<std::uint64_t>());
  const auto place = in.big_endian<std::uint16_t>();
  fragment.number = FragmentNumber(place & kNumberMask);
  fragment.place = (place & kFinalBit) != 0 ? FragmentPlace::kFinal : FragmentPlace::kMore;
  fragment.slice = in.rest();
  if (!in.ok()) return std::nullopt;
  return fragment;
}

std::span<std::byte> write_fragment(const Fragment& fragment, std::span<std::byte> out) {
  ByteWriter writer(out);
  writer.big_endian(fragment.id.value());
  const std::uint16_t final_bit = fragment.place == FragmentPlace::kFinal ? kFinalBit : std::uint16_t{0};
  writer.big_endian(static_cast<std::uint16_t>((fragment.number.value() & kNumberMask) | final_bit));
  writer.bytes(fragment.slice);
  return writer.ok() ? writer.written() : std::span<std::byte>();
}

Fragment CutInstruction::operator[](std::size_t index) const {
  CHECK(index < count());
  const std::size_t offset = index * slice_limit_;
  return Fragment{.id = id_,
                  .number = FragmentNumber(static_cast<std::uint16_t>(index)),
                  .place = index + 1 == count() ? FragmentPlace::kFinal : FragmentPlace::kMore,
                  .slice = compressed_.subspan(offset, std::min(slice_limit_, compressed_.size() - offset))};
}

std::optional<CutInstruction> Fragmenter::cut(std::span<const std::byte> compressed, std::size_t slice_limit) {
  CHECK(slice_limit > 0);
  if (compressed.empty() || (compressed.size() - 1) / slice_limit >= kMaxWireFragments) return std::nullopt;
  return CutInstruction(FragmentId(next_id_++), compressed, slice_limit);
}

FragmentAssembly::~FragmentAssembly() {
  wipe(slices_);
  wipe(whole_);
}

void FragmentAssembly::wipe_delivered() { wipe_and_empty(whole_); }

void FragmentAssembly::clear() {
  wipe_and_empty(slices_);
  // clear() walks every bucket, however few are in use: give a large table back.
  if (pieces_.bucket_count() > 1024) std::unordered_map<std::uint16_t, Piece>().swap(pieces_);
  pieces_.clear();
  total_.reset();
  highest_ = 0;
  in_order_ = true;
}

std::span<const std::byte> FragmentAssembly::slice_of(const Piece& piece) const {
  return std::span(slices_).subspan(piece.offset, piece.size);
}

std::optional<FragmentDrop> FragmentAssembly::conflict_of(const Fragment& fragment) const {
  const std::size_t number = fragment.number.value();
  const bool final = fragment.place == FragmentPlace::kFinal;
  if (final && total_ && *total_ != number + 1) return FragmentDrop::kConflictingCopy;
  if (final && !pieces_.empty() && highest_ > number) return FragmentDrop::kBeyondFinal;
  if (total_ && number >= *total_) return FragmentDrop::kBeyondFinal;
  const auto held = pieces_.find(fragment.number.value());
  if (held == pieces_.end()) return std::nullopt;
  const bool was_final = total_ && *total_ == number + 1;
  if (was_final != final || !std::ranges::equal(slice_of(held->second), fragment.slice))
    return FragmentDrop::kConflictingCopy;
  return std::nullopt;
}

void FragmentAssembly::append(std::span<const std::byte> slice) {
  const std::size_t size = slices_.size() + slice.size();
  if (size > slices_.capacity()) grow(slices_, std::min(std::max(size, 2 * slices_.capacity()), kMaxAssemblyBytes));
  slices_.insert(slices_.end(), slice.begin(), slice.end());
}

std::span<const std::byte> FragmentAssembly::concatenate() {
  if (in_order_) {
    whole_.swap(slices_);
    return whole_;
  }
  whole_.reserve(slices_.size());
  for (std::size_t number = 0; number < *total_; ++number) {
    const auto slice = slice_of(pieces_.at(static_cast<std::uint16_t>(number)));
    whole_.insert(whole_.end(), slice.begin(), slice.end());
  }
  return whole_;
}

Result<std::optional<std::span<const std::byte>>, FragmentDrop> FragmentAssembly::add(const Fragment& fragment) {
  using Whole = std::optional<std::span<const std::byte>>;
  wipe_and_empty(whole_);
  if (id_ != fragment.id) {
    clear();
    id_ = fragment.id;
  }
  const std::size_t number = fragment.number.value();
  if (number >= kMaxAssemblyFragments) return std::unexpected(FragmentDrop::kTooManyFragments);
  const bool final = fragment.place == FragmentPlace::kFinal;
  if (number == 0 && final && pieces_.empty()) return Whole(fragment.slice);
  if (const auto conflict = conflict_of(fragment)) {
    clear();
    return std::unexpected(*conflict);
  }
  if (pieces_.contains(fragment.number.value())) return Whole();
  if (fragment.slice.size() > kMaxAssemblyBytes - slices_.size()) {
    clear();
    return std::unexpected(FragmentDrop::kTooLarge);
  }
  in_order_ = in_order_ && number == pieces_.size();
  pieces_.emplace(fragment.number.value(), Piece{static_cast<std::uint32_t>(slices_.size()),
                                                 static_cast<std::uint32_t>(fragment.slice.size())});
  append(fragment.slice);
  highest_ = std::max(highest_, number);
  if (final) total_ = number + 1;
  if (!total_ || pieces_.size() != *total_) return Whole();
  const auto whole = concatenate();
  clear();
  return Whole(whole);
}

}  // namespace sallyport::net
