// The input of a harness that plays a whole session: a sequence of records, each a kind, a length and so many bytes.
// And a mutator that keeps the sequence well formed, so that fuzzing spends its time on what is said and in which
// order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/bytes.h"

// libFuzzer's own mutations; replay_main.cc has a stand-in for programs without it.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace sallyport::fuzz {

struct Record {
  std::uint8_t kind = 0;
  std::span<const std::byte> bytes;

  /// Byte `at`, or 0 where there is none: small numbers that a kind needs.
  [[nodiscard]] std::uint8_t number(std::size_t at = 0) const {
    return at < bytes.size() ? std::to_integer<std::uint8_t>(bytes[at]) : std::uint8_t{0};
  }
};

inline constexpr std::size_t kRecordHeaderBytes = 3;

/// The next record; a length beyond the input is cut to it.
inline std::optional<Record> take_record(ByteReader& in) {
  if (in.remaining() < kRecordHeaderBytes) return std::nullopt;
  const auto kind = in.little_endian<std::uint8_t>();
  const auto length = in.little_endian<std::uint16_t>();
  return Record{kind, in.take(std::min<std::size_t>(length, in.remaining()))};
}

/// Hands each record of the input to `play`, until that returns false.
template <typename Play>
void play_records(const std::uint8_t* data, std::size_t size, Play play) {
  ByteReader in(bytes_of(data, size));
  while (const auto record = take_record(in)) {
    if (!play(*record)) return;
  }
}

/// A record as it stands in an input.
inline std::vector<std::uint8_t> whole_record(std::uint8_t kind, std::span<const std::byte> bytes) {
  std::vector<std::uint8_t> record = {kind, static_cast<std::uint8_t>(bytes.size()),
                                      static_cast<std::uint8_t>(bytes.size() >> 8U)};
  for (const std::byte b : bytes) record.push_back(std::to_integer<std::uint8_t>(b));
  return record;
}

/// Deletes, doubles, swaps, or changes one record, or puts in one of `templates`, which are whole records.
inline std::size_t mutate_records(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed,
                                  std::span<const std::vector<std::uint8_t>> templates) {
  std::minstd_rand random(seed + 1);
  std::vector<std::vector<std::uint8_t>> records;
  play_records(data, size, [&](const Record& record) {
    records.push_back(whole_record(record.kind, record.bytes));
    return true;
  });
  const auto any = [&](std::size_t count) { return static_cast<std::size_t>(random()) % count; };
  const auto place = [&] { return records.begin() + static_cast<std::ptrdiff_t>(any(records.size() + 1)); };
  switch (records.empty() ? 0 : any(8)) {
    case 0:
    case 1:
      records.insert(place(), templates[any(templates.size())]);
      break;
    case 2:
      records.erase(records.begin() + static_cast<std::ptrdiff_t>(any(records.size())));
      break;
    case 3: {
      const auto copy = records[any(records.size())];
      records.insert(place(), copy);
      break;
    }
    case 4:
      std::swap(records[any(records.size())], records[any(records.size())]);
      break;
    default: {  // the kind, or the bytes
      auto& record = records[any(records.size())];
      if (any(8) == 0) record[0] = static_cast<std::uint8_t>(random() % 16);
      std::vector<std::uint8_t> body(record.begin() + kRecordHeaderBytes, record.end());
      const std::size_t before = body.size();
      body.resize(before + 64);
      body.resize(std::min(LLVMFuzzerMutate(body.data(), before, body.size()), body.size()));
      record.resize(kRecordHeaderBytes);
      record[1] = static_cast<std::uint8_t>(body.size());
      record[2] = static_cast<std::uint8_t>(body.size() >> 8U);
      record.insert(record.end(), body.begin(), body.end());
    }
  }
  std::size_t used = 0;
  for (const auto& record : records) {
    if (record.size() > max_size - used) break;
    used = static_cast<std::size_t>(std::copy(record.begin(), record.end(), data + used) - data);
  }
  return used;
}

}  // namespace sallyport::fuzz
