// Targets: client::PredictionEngine, client::KeyParser
// Whatever is typed, printed and acknowledged, in any order, over any sizes and times: the frame that is shown stays
// well formed and of the server's size; once everything is acknowledged and two seconds are over nothing of ours is
// left on it; memory is bounded; and mode never keeps nothing.
#include <cstdint>

#include "base/check.h"
#include "client/screen/prediction.h"
#include "fuzz/records.h"
#include "fuzz/screen_checks.h"

using namespace sallyport;
using namespace sallyport::client;

namespace {

enum Kind : std::uint8_t { kType, kPrint, kResize, kAcknowledge, kTime, kInterval, kBar, kPaste, kKinds };

struct Played {
  explicit Played(PredictionSettings with) : settings(with), engine(with), emulator({20, 6}) {}

  void play(const fuzz::Record& record) {
    switch (record.kind % kKinds) {
      case kType:
        type(record.bytes, static_cast<std::uint32_t>(record.bytes.size()));
        break;
      case kPrint:
        emulator.write(record.bytes);
        break;
      case kResize:
        emulator.resize({1U + record.number(0) % 100U, 1U + record.number(1) % 30U});
        if (record.number(2) % 2 != 0) engine.reset();
        break;
      case kAcknowledge:
        engine.set_echo_ack(
            StateNumber(record.number(0) == 255 ? UINT64_MAX : sent - record.number(0) + record.number(1)));
        break;
      case kTime:
        now += std::chrono::milliseconds(record.number(0) * (1 + record.number(1)));
        break;
      case kInterval:
        engine.set_send_interval(record.number(0));
        break;
      case kBar:
        engine.set_bar(record.number(0) % 2 != 0);
        break;
      default:
        type(record.bytes, 100U + record.number(0) % 2);
    }
    if (record.kind < 128) draw();  // else: the next record comes in the same turn
  }

  void type(std::span<const std::byte> bytes, std::uint32_t read_bytes) {
    engine.type(bytes, read_bytes, StateNumber(sent), emulator.framebuffer(), now);
    if (++sent % 3 == 0) ++sent;
  }

  void draw() {
    engine.cull(emulator.framebuffer(), now);
    check();
  }

  void check() {
    terminal::Framebuffer shown = emulator.framebuffer();
    engine.apply(shown);
    fuzz::check_form(shown);
    fuzz::check_form(emulator.framebuffer());
    CHECK(shown.size() == emulator.framebuffer().size());
    CHECK(engine.next_timer(now) > now);
    CHECK(engine.guessed_rows() <= 30 + 1);
    CHECK(engine.confirmed() <= engine.epoch());
    if (settings.mode != PredictionMode::kNever) return;
    CHECK(engine.guessed_rows() == 0 && engine.cursor_guesses() == 0 && engine.next_timer(now) == kNever);
  }

  // Everything is acknowledged: a turn, two seconds, another turn.
  void finish() {
    engine.set_echo_ack(StateNumber(sent + 600));
    for (int turn = 0; turn < 2; ++turn) {
      draw();
      now += std::chrono::seconds(2);
    }
    const terminal::Framebuffer& server = emulator.framebuffer();
    terminal::Framebuffer shown = server;
    engine.apply(shown);
    CHECK(!engine.has_active() && engine.next_timer(now) == kNever);
    CHECK(shown.cursor() == server.cursor());
    for (std::uint32_t row = 0; row < shown.rows(); ++row) CHECK(shown.row(row).id() == server.row(row).id());
  }

  PredictionSettings settings;
  PredictionEngine engine;
  terminal::Emulator emulator;
  std::uint64_t sent = 300;
  TimePoint now{std::chrono::hours(1)};
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  Played played({static_cast<PredictionMode>(data[0] % 4), data[0] / 4 % 2 != 0});
  fuzz::play_records(data + 1, size - 1, [&](const fuzz::Record& record) {
    played.play(record);
    return true;
  });
  played.finish();
  return 0;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const std::vector<std::vector<std::uint8_t>> kTemplates = [] {
    std::vector<std::vector<std::uint8_t>> records;
    for (const std::string_view keys :
         {"a", "b", "\x7f", "\r", "\x1b[C", "\x1bOD", "\xE6\x97\xA5", "e\xCC\x81", "\x1b]", "*"}) {
      records.push_back(fuzz::whole_record(kType, bytes_of(keys)));
      records.push_back(fuzz::whole_record(kPrint, bytes_of(keys)));
    }
    const std::uint8_t numbers[] = {100, 10, 1};
    for (std::uint8_t kind = kResize; kind < kKinds; ++kind)
      records.push_back(fuzz::whole_record(kind, bytes_of(numbers, 3)));
    return records;
  }();
  if (size == 0 || max_size < 64) return LLVMFuzzerMutate(data, size, max_size);
  return 1 + fuzz::mutate_records(data + 1, size - 1, max_size - 1, seed, kTemplates);
}
