// Targets: server::NetSession, sync::ServerTransport, sync::InstructionLink, net::PeerPolicy,
// privsep::decode<MonitorToNet>
// Dictionary: transport_fields
// What plain bytes never reach, since it lies behind a seal, a compression and a checksum: a hostile client with the
// key, from two addresses, beside strangers, a hostile terminal and any monitor (net_session_world.h says what must
// hold).
#include "fuzz/net_session_world.h"
#include "fuzz/records.h"
#include "sync/user_stream.h"

using namespace sallyport;

namespace {

enum Kind : std::uint8_t {
  kInstruction,
  kSerialised,
  kPayload,
  kStranger,
  kMonitor,
  kTerminal,
  kAnswer,
  kTime,
  kStall,
  kKinds
};

StateNumber number(std::uint8_t value) { return value == 255 ? kShutdownState : StateNumber(value); }

void play(fuzz::NetSessionWorld& world, const fuzz::Record& record) {
  const std::size_t from = record.kind / kKinds % 2U;  // the client's two addresses
  switch (record.kind % kKinds) {
    case kInstruction: {
      // An ack of 254 is what a client would say now.
      const StateNumber ack = record.number(2) == 254 ? world.newest_seen() : number(record.number(2));
      const auto diff = record.bytes.subspan(std::min<std::size_t>(4, record.bytes.size()));
      return world.client_instruction(
          from, {number(record.number(0)), number(record.number(1)), ack, number(record.number(3)), diff, {}});
    }
    case kSerialised:
      return world.client_serialised(from, record.bytes);
    case kPayload:
      return world.client_payload(from, record.bytes);
    case kStranger:
      return world.stranger(record.bytes);
    case kMonitor:
      return world.monitor_says(record.bytes);
    case kTerminal:
      return world.terminal_says(record.bytes);
    case kAnswer:
      return world.terminal_answers(record.bytes, record.number() % 2 == 0);
    case kTime:
      return world.advance(std::chrono::milliseconds(record.number() * record.number()));
    case kStall:
      return world.stall(record.number() % 2 == 1);
    default:
      return;
  }
}

std::vector<std::uint8_t> instruction(std::string_view numbers, std::string_view typed) {
  sync::UserStream stream;
  if (typed.empty()) stream.append(WindowSize{100, 30});
  stream.append(bytes_of(typed));
  const SecretBytes diff = stream.diff({});
  std::vector<std::byte> bytes(bytes_of(numbers).begin(), bytes_of(numbers).end());
  bytes.insert(bytes.end(), diff.begin(), diff.end());
  return fuzz::whole_record(kInstruction, bytes);
}

std::vector<std::vector<std::uint8_t>> make_templates() {
  using namespace std::string_view_literals;
  return {instruction("\0\1\0\0"sv, ""),
          instruction("\1\2\xFE\1"sv, "ls\r"),
          instruction("\2\3\xFE\2"sv, "\x1bOA"),
          instruction("\2\xFF\xFE\2"sv, "x"),
          fuzz::whole_record(kInstruction + kKinds, bytes_of("\3\4\xFE\3"sv)),
          fuzz::whole_record(kTerminal, bytes_of("\xA1")),
          fuzz::whole_record(kTerminal, bytes_of("\xA3\1")),
          fuzz::whole_record(kAnswer, bytes_of("hello")),
          fuzz::whole_record(kAnswer, {}),
          fuzz::whole_record(kTime, bytes_of("\x10")),
          fuzz::whole_record(kTime, bytes_of("\xB0")),
          fuzz::whole_record(kMonitor, bytes_of("\4")),
          fuzz::whole_record(kMonitor, bytes_of("\3\0"sv)),
          fuzz::whole_record(kMonitor, bytes_of("\3\1")),
          fuzz::whole_record(kMonitor, bytes_of("\2\3\0\0\0"sv)),
          fuzz::whole_record(kMonitor, bytes_of("\5\2")),
          fuzz::whole_record(kStall, bytes_of("\1")),
          fuzz::whole_record(kStall, {}),
          fuzz::whole_record(kSerialised, bytes_of("\x08\x02\x10\x00\x18\x05\x20\x00\x28\x00"sv)),
          fuzz::whole_record(kPayload, bytes_of("\0\0\0\0\0\0\0\x09\x80\x00zz"sv))};
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const auto kTemplates = make_templates();
  return fuzz::mutate_records(data, size, max_size, seed, kTemplates);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::NetSessionWorld world;
  fuzz::play_records(data, size, [&](const fuzz::Record& record) {
    play(world, record);
    return world.turn();
  });
  return 0;
}
