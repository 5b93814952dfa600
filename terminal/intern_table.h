// InternTable: values by small numbers, each value once, never more than a fixed number of them; what nobody refers to
// any more goes by mark and sweep. Linked by the terminal compartment. Specification: terminal 7.2, 8.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace sallyport::terminal {

/// `Value` is copyable with ==; `hash_value(const Value&)` gives 64 good bits. A hostile program may choose values
/// whose hashes collide: a look-up takes at most kMaxProbes steps, and a value that is not found in them gets a second
/// number, or none.
template <typename Value>
class InternTable {
 public:
  explicit InternTable(std::uint32_t limit) : limit_(limit) {}

  /// The value's number, 1 or more; 0 if it is new and there is no room.
  [[nodiscard]] std::uint32_t find_or_add(const Value& value) {
    if (index_.size() < 2 * std::size_t{std::min(live_ + 1, limit_)})
      rebuild_index(std::max<std::size_t>(64, index_.size() * 2));
    const std::size_t mask = index_.size() - 1;
    std::size_t place = hash_value(value) & mask;
    for (unsigned probe = 0; probe < kMaxProbes; ++probe, place = (place + 1) & mask) {
      const std::uint32_t number = index_[place];
      if (number == 0) {
        const std::uint32_t added = add(value);
        index_[place] = added;
        return added;
      }
      if (at(number) == value) return number;
    }
    return 0;
  }

  /// The value with that number, which find_or_add gave and no sweep took away.
  [[nodiscard]] const Value& operator[](std::uint32_t number) const { return at(number); }
  [[nodiscard]] bool contains(std::uint32_t number) const { return number >= 1 && number <= used_; }

  [[nodiscard]] std::uint32_t size() const { return live_; }
  /// True if so many values came since the last sweep that another one is worth while.
  [[nodiscard]] bool sweep_worthwhile() const { return live_ >= std::min(sweep_at_, limit_); }

  void begin_sweep() { marks_.assign(used_ / 64 + 1, 0); }
  void mark(std::uint32_t number) {
    if (contains(number)) marks_[number / 64] |= std::uint64_t{1} << (number % 64);
  }
  [[nodiscard]] bool marked(std::uint32_t number) const { return (marks_[number / 64] >> (number % 64) & 1U) != 0; }
  template <typename Function>
  void for_each_marked(Function&& function) const {
    for (std::uint32_t number = 1; number <= used_; ++number) {
      if (marked(number)) function(at(number));
    }
  }
  /// Forgets everything that was not marked. At least twice as many values must come before the next sweep is worth
  /// while.
  void end_sweep() {
    free_.clear();
    live_ = 0;
    for (std::uint32_t number = used_; number >= 1; --number) {
      if (marked(number)) {
        ++live_;
      } else {
        at(number) = Value{};
        free_.push_back(number);
      }
    }
    if (live_ == 0) {
      chunks_.clear();
      free_ = {};
      used_ = 0;
    }
    std::size_t slots = 64;
    while (slots < 2 * std::size_t{live_}) slots *= 2;
    rebuild_index(slots);
    marks_ = {};
    sweep_at_ = std::max(kFirstSweepAt, 2 * live_);
  }

  /// Bytes held, not counting what the values own elsewhere.
  [[nodiscard]] std::size_t bytes_in_use() const {
    return chunks_.size() * kChunkValues * sizeof(Value) + index_.capacity() * sizeof(std::uint32_t) +
           free_.capacity() * sizeof(std::uint32_t);
  }

 private:
  static constexpr std::uint32_t kChunkValues = 256;
  static constexpr std::uint32_t kFirstSweepAt = 1024;  // ours: below this a sweep saves nothing
  static constexpr unsigned kMaxProbes = 64;            // ours: never reached by chance at a load of one half

  [[nodiscard]] Value& at(std::uint32_t number) const {
    return chunks_[(number - 1) / kChunkValues][(number - 1) % kChunkValues];
  }

  std::uint32_t add(const Value& value) {
    if (live_ >= limit_) return 0;
    std::uint32_t number = 0;
    if (!free_.empty()) {
      number = free_.back();
      free_.pop_back();
    } else {
      if (used_ % kChunkValues == 0) chunks_.push_back(std::make_unique<Value[]>(kChunkValues));
      number = ++used_;
    }
    at(number) = value;
    ++live_;
    return number;
  }

  // Numbers on the free list hold no value; all others are put in again. One that finds no place within the probes
  // keeps its number but is not found again.
  void rebuild_index(std::size_t slots) {
    std::vector<bool> is_free(std::size_t{used_} + 1, false);
    for (const std::uint32_t number : free_) is_free[number] = true;
    index_.assign(slots, 0);
    index_.shrink_to_fit();
    const std::size_t mask = slots - 1;
    for (std::uint32_t number = 1; number <= used_; ++number) {
      if (is_free[number]) continue;
      std::size_t place = hash_value(at(number)) & mask;
      for (unsigned probe = 0; probe < kMaxProbes && index_[place] != 0; ++probe) place = (place + 1) & mask;
      if (index_[place] == 0) index_[place] = number;
    }
  }

  std::uint32_t limit_;
  std::uint32_t used_ = 0;  // highest number ever given since the table was last empty
  std::uint32_t live_ = 0;
  std::uint32_t sweep_at_ = kFirstSweepAt;
  std::vector<std::unique_ptr<Value[]>> chunks_;
  std::vector<std::uint32_t> index_;  // power of two slots, 0 = empty
  std::vector<std::uint32_t> free_;
  std::vector<std::uint64_t> marks_;
};

/// Mixes 64 bits well (the finaliser of splitmix64, public domain).
[[nodiscard]] constexpr std::uint64_t mix_bits(std::uint64_t value) {
  value = (value ^ (value >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  value = (value ^ (value >> 27U)) * 0x94D049BB133111EBULL;
  return value ^ (value >> 31U);
}

}  // namespace sallyport::terminal
