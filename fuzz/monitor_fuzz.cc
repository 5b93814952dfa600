// Targets: server::Monitor, privsep::PtyQueue, privsep::ReplyCredit, privsep::print_reply
// The monitor between a hostile net, a hostile terminal and any program, message by message: what reaches the program
// is what net typed within its rules, whole and in order, and replies from the closed list; what reaches the terminal
// is what the program printed; every message outside the rules ends the session, and nothing else does
// (monitor_world.h).
#include <csignal>

#include "fuzz/monitor_world.h"
#include "fuzz/records.h"

using namespace sallyport;

namespace {

enum Kind : std::uint8_t {
  kNet,
  kTerminal,
  kPrint,
  kLongInput,
  kReaders,
  kTime,
  kSignal,
  kShellEnds,
  kProgramCloses,
  kDies,
  kKinds
};

// More input than a short record can carry: bytes of state, how many times 64.
void say_long_input(fuzz::MonitorWorld& world, const fuzz::Record& record) {
  const std::vector<std::byte> piece(std::size_t{64} * (record.number(1) % 129U), std::byte{0xE1});
  std::vector<std::byte> scratch(privsep::kMaxToMonitorBytes);
  world.net_says(
      privsep::encode(privsep::Input{StateNumber(record.number(0)), record.number(2) % 2 == 0, piece}, scratch));
}

void play(fuzz::MonitorWorld& world, const fuzz::Record& record) {
  switch (record.kind % kKinds) {
    case kNet:
      return world.net_says(record.bytes);
    case kTerminal:
      return world.terminal_says(record.bytes);
    case kPrint:
      return world.program_prints(record.bytes);
    case kLongInput:
      return say_long_input(world, record);
    case kReaders:
      return world.let_read((record.number() & 1U) == 0, (record.number() & 2U) == 0, (record.number() & 4U) == 0);
    case kTime:
      return world.advance(std::chrono::milliseconds(record.number() * record.number()));
    case kSignal:
      return world.signal(record.number() % 2 == 0 ? SIGUSR1 : SIGTERM);
    case kShellEnds:
      return world.shell_ends();
    case kProgramCloses:
      return world.program_closes();
    case kDies:
      return world.compartment_ends(record.number() % 2 == 0, record.number() % 4 < 2);
    default:
      return;
  }
}

template <typename Message>
std::vector<std::uint8_t> said(Kind kind, const Message& message) {
  std::vector<std::byte> scratch(256);
  return fuzz::whole_record(kind, privsep::encode(message, scratch));
}

std::vector<std::vector<std::uint8_t>> make_templates() {
  using namespace privsep;
  const PeerAddress peer{PeerAddress::Family::kIpv4, {127, 0, 0, 1}, 4000};
  return {said(kNet, FirstContact{peer}),
          said(kNet, PeerMoved{peer}),
          said(kNet, NetResize{StateNumber(1), {100, 30}}),
          said(kNet, Input{StateNumber(2), true, bytes_of("ls\r")}),
          said(kNet, Input{StateNumber(2), true, {}}),
          said(kNet, Silent{}),
          said(kNet, Heard{}),
          said(kNet, Log{}),
          said(kNet, Goodbye{}),
          said(kNet, Ready{}),
          said(kTerminal, Reply{ReplyKind::kStatusOk, 0, 0}),
          said(kTerminal, Reply{ReplyKind::kCursorPosition, 1, 1}),
          said(kTerminal, Reply{ReplyKind::kPrivateMode, 2026, 1}),
          said(kTerminal, Log{}),
          fuzz::whole_record(kPrint, bytes_of("\x1b[5n\x1b[6n\x1b[c")),
          fuzz::whole_record(kLongInput, bytes_of("\x03\x80")),
          fuzz::whole_record(kReaders, bytes_of("\x07")),
          fuzz::whole_record(kReaders, bytes_of("8")),
          fuzz::whole_record(kTime, bytes_of("\x20")),
          fuzz::whole_record(kSignal, bytes_of("\x01")),
          fuzz::whole_record(kShellEnds, {}),
          fuzz::whole_record(kProgramCloses, {}),
          fuzz::whole_record(kDies, bytes_of("\x01"))};
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const auto kTemplates = make_templates();
  return fuzz::mutate_records(data, size, max_size, seed, kTemplates);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::MonitorWorld world;
  fuzz::play_records(data, size, [&](const fuzz::Record& record) {
    play(world, record);
    return world.turn();
  });
  world.finish();
  return 0;
}
