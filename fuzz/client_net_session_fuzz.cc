// Targets: client::NetSession, client::HostStates, client::ScreenQueue, sync::ClientTransport, sync::Receiver,
// net::ServerPaths, privsep::decode<TtyToNet>
// Dictionary: transport_fields
// A hostile server with the key: what lies behind a seal, a compression and a checksum is reached directly. Beside it any tty, and a
// screen that may stop reading (client_net_world.h says what must hold).
#include "fuzz/client_net_world.h"
#include "fuzz/records.h"

using namespace sallyport;

namespace {

enum Kind : std::uint8_t { kInstruction, kSerialised, kCompressed, kPayload, kDatagram, kTty, kTyped, kTime, kStall, kCut, kScreen, kKinds };

StateNumber number(std::uint8_t value) { return value == 255 ? kShutdownState : StateNumber(value); }

void play(fuzz::ClientNetWorld& world, const fuzz::Record& record) {
  switch (record.kind % kKinds) {
    case kInstruction: {
      // An ack of 254 is what a server would say now.
      const StateNumber ack = record.number(2) == 254 ? world.newest_seen() : number(record.number(2));
      const auto diff = record.bytes.subspan(std::min<std::size_t>(4, record.bytes.size()));
      return world.server_instruction({number(record.number(0)), number(record.number(1)), ack, number(record.number(3)), diff, {}});
    }
    case kSerialised: return world.server_serialised(record.bytes);
    case kCompressed: return world.server_compressed(record.bytes);
    case kPayload: return world.server_payload(record.bytes);
    case kDatagram: return world.server_datagram(record.bytes);
    case kTty: return world.tty_says(record.bytes);
    case kTyped:
      if (record.bytes.empty()) return;
      return world.tty_tells(privsep::client::Typed{record.bytes.first(std::min(record.bytes.size(), privsep::client::kMaxTypedPieceBytes))});
    case kTime: return world.advance(std::chrono::milliseconds(record.number() * record.number()));
    case kStall: return world.stall_screen(record.number() % 2 == 1);
    case kCut: return world.cut(0, record.number() % 2 == 1);
    case kScreen: return world.screen_says(record.bytes);
    default: return;
  }
}

std::vector<std::vector<std::uint8_t>> make_templates() {
  using namespace std::string_view_literals;
  return {fuzz::whole_record(kInstruction, bytes_of("\0\1\1\0\x0a\x06\x1a\x04\x28\x50\x30\x18"sv)),
          fuzz::whole_record(kInstruction, bytes_of("\1\2\xFE\1\x0a\x04\x3a\x02\x40\x01\x0a\x05\x12\x03\x22\x01\x41"sv)),
          fuzz::whole_record(kInstruction, bytes_of("\2\3\xFE\2"sv)),
          fuzz::whole_record(kInstruction, bytes_of("\2\xFF\xFE\2"sv)),
          fuzz::whole_record(kInstruction, bytes_of("\0\xFF\xFF\0"sv)),
          fuzz::whole_record(kTty, bytes_of("\x32\x50\0\0\0\x18\0\0\0"sv)),
          fuzz::whole_record(kTty, bytes_of("\x32\x00\x04\0\0\x00\x04\0\0"sv)),
          fuzz::whole_record(kTty, bytes_of("\x33")),
          fuzz::whole_record(kTyped, bytes_of("ls\r")),
          fuzz::whole_record(kTime, bytes_of("\x10")),
          fuzz::whole_record(kTime, bytes_of("\xB0")),
          fuzz::whole_record(kStall, bytes_of("\1")),
          fuzz::whole_record(kStall, {}),
          fuzz::whole_record(kCut, bytes_of("\1")),
          fuzz::whole_record(kSerialised, bytes_of("\x08\x02\x10\x00\x18\x05\x20\x00\x28\x00"sv)),
          fuzz::whole_record(kPayload, bytes_of("\0\0\0\0\0\0\0\x09\x80\x00zz"sv))};
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  static const auto kTemplates = make_templates();
  return fuzz::mutate_records(data, size, max_size, seed, kTemplates);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::ClientNetWorld world;
  fuzz::play_records(data, size, [&](const fuzz::Record& record) {
    play(world, record);
    return world.turn();
  });
  return 0;
}
