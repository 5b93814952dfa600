// Targets: server::FrameChannel, privsep::decode<TerminalToNet>
// A hostile terminal towards net, record by record: a frame is handed up exactly if it was asked for and all its parts
// agree, with the bytes of its parts in order; any other record is a violation, and nothing is kept beyond the largest
// frame.
#include <algorithm>
#include <variant>

#include "base/check.h"
#include "fuzz/records.h"
#include "server/frame_channel.h"

using namespace sallyport;

namespace {

enum Kind : std::uint8_t { kSays, kAsk, kLongPart, kKinds };

// What is under way, in plain words.
struct Reference {
  bool asked = false;
  int dirty = 1;  // told once until the next request, which one may cross on its way
  std::optional<privsep::Frame> first;
  std::uint32_t parts = 0;
  std::vector<std::byte> bytes;

  // True if an honest terminal may send this.
  bool allows(const privsep::TerminalToNet& message) {
    if (const auto* part = std::get_if<privsep::Frame>(&message)) return allows_part(*part);
    return !std::holds_alternative<privsep::Dirty>(message) || dirty-- > 0;
  }
  bool allows_part(const privsep::Frame& part) {
    if (!asked || part.part != parts || bytes.size() + part.bytes.size() > privsep::kMaxFrameBytes) return false;
    if (parts == 0) first = part;
    ++parts;
    bytes.insert(bytes.end(), part.bytes.begin(), part.bytes.end());
    const auto same = [&](auto field) { return (*first).*field == part.*field; };
    return same(&privsep::Frame::base) && same(&privsep::Frame::snapshot) && same(&privsep::Frame::version) &&
           same(&privsep::Frame::echo_ack) && same(&privsep::Frame::size) && same(&privsep::Frame::size_changed) &&
           same(&privsep::Frame::echo_ack_changed);
  }
};

// One record of the terminal. False after a violation.
bool say(const privsep::Channel& terminal, server::FrameChannel& frames, Reference& reference,
         std::span<const std::byte> record) {
  if (record.empty() || terminal.send(record) != privsep::SendOutcome::kSent) return true;
  const auto message = privsep::decode<privsep::TerminalToNet>(record);
  const auto* part = message ? std::get_if<privsep::Frame>(&*message) : nullptr;
  const bool allowed = message && reference.allows(*message);
  const auto news = frames.receive();
  CHECK(news.has_value() == allowed);
  if (!allowed) return false;
  CHECK(news->has_value() && (*news)->dirty == std::holds_alternative<privsep::Dirty>(*message));
  CHECK((*news)->frame.has_value() == (part != nullptr && part->last));
  if ((*news)->frame) {
    CHECK(std::ranges::equal((*news)->frame->bytes, reference.bytes) && (*news)->frame->snapshot == part->snapshot);
    reference = {.dirty = reference.dirty, .first = {}, .bytes = {}};
  }
  if (const auto* modes = std::get_if<privsep::InputModes>(&*message)) {
    CHECK((frames.cursor_keys() == sync::CursorKeyMode::kApplication) == modes->application_cursor_keys);
  }
  return true;
}

// What a short input cannot carry: a part of the next number, full.
bool say_long_part(const privsep::Channel& terminal, server::FrameChannel& frames, Reference& reference) {
  privsep::Frame part = reference.first.value_or(privsep::Frame{.snapshot = SnapshotId(1)});
  const std::vector<std::byte> bytes(privsep::kMaxFramePartBytes, std::byte{'x'});
  part.part = reference.parts;
  part.last = false;
  part.bytes = bytes;
  std::vector<std::byte> scratch(privsep::kMaxElsewhereBytes);
  return say(terminal, frames, reference, privsep::encode(part, scratch));
}

std::vector<std::uint8_t> frame(std::uint32_t part, bool last, std::span<const std::byte> bytes) {
  std::vector<std::byte> scratch(256);
  return fuzz::whole_record(
      kSays,
      privsep::encode(privsep::Frame{.snapshot = SnapshotId(1), .part = part, .last = last, .bytes = bytes}, scratch));
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const std::vector<std::vector<std::uint8_t>> kTemplates = {fuzz::whole_record(kAsk, {}),
                                                                    frame(0, true, bytes_of("whole")),
                                                                    frame(0, false, bytes_of("first")),
                                                                    frame(1, true, bytes_of("second")),
                                                                    fuzz::whole_record(kSays, bytes_of("\xA1")),
                                                                    fuzz::whole_record(kSays, bytes_of("\xA3\x01")),
                                                                    fuzz::whole_record(kLongPart, {})};
  return fuzz::mutate_records(data, size, max_size, seed, kTemplates);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  auto pair = privsep::make_channel_pair();
  const privsep::Channel terminal(std::move(pair->first));
  server::FrameChannel frames(privsep::Channel(std::move(pair->second)));
  Reference reference;
  std::uint64_t asked = 0;
  ByteReader in(bytes_of(data, size));
  std::vector<std::byte> buffer(256);
  while (const auto record = fuzz::take_record(in)) {
    if (record->kind % kKinds == kSays && !say(terminal, frames, reference, record->bytes)) break;
    if (record->kind % kKinds == kLongPart && !say_long_part(terminal, frames, reference)) break;
    if (record->kind % kKinds != kAsk || reference.asked) continue;
    if (record->number() % 2 == 1) frames.forget(SnapshotId(asked));
    frames.request_frame({SnapshotId(asked), SnapshotId(asked), SnapshotId(asked + 1)}, TimePoint{});
    ++asked;
    CHECK(!frames.wants_to_write());  // there is room for the request
    reference.asked = true;
    reference.dirty = std::min(reference.dirty + 1, 2);
    while (const auto request = terminal.receive(buffer))
      CHECK(privsep::decode<privsep::NetToTerminal>(*request).has_value());
  }
  return 0;
}
