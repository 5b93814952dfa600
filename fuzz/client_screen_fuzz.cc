// Targets: client::ScreenSession, client::HeldStates, client::Painter, client::PredictionEngine, client::OutputFilter
// A hostile server and a hostile net say anything to the client's screen. What it writes is always in the output
// language that tty checks, a terminal that is given it shows exactly the frame that screen believes to be shown, what
// is held stays bounded, and it ends only for what no honest compartment sends.
#include "base/check.h"
#include "fuzz/records.h"
#include "fuzz/screen_checks.h"
#include "tests/client_screen/screen_rig.h"

namespace {

using namespace sallyport;
using namespace sallyport::client::testing;

enum Kind : std::uint8_t {
  kState = 0,
  kSizedState = 1,
  kKeys = 2,
  kLink = 3,
  kNotice = 4,
  kWindow = 5,
  kWish = 6,  ///< Repaint, Menu, Farewell
  kTime = 7,
  kStall = 8,
  kFinish = 9,
  kRawNet = 10,
  kRawTty = 11,
};

constexpr WindowSize kFirst{40, 8};
constexpr WindowSize kLargest{100, 40};
// The cells that states may have (client_net_screen.h), the tables (held_states.h), and this once more for what is
// shown.
constexpr std::size_t kMostBytes = std::size_t{40} << 20U;

/// What a terminal may lack, and what its user may have chosen, by one byte.
client::ScreenArguments arguments_of(std::uint8_t bits) {
  client::ScreenArguments arguments = usual_arguments();
  arguments.has_ech = (bits & 1U) == 0;
  arguments.has_bce = (bits & 2U) == 0;
  arguments.has_title = (bits & 4U) == 0;
  arguments.clipboard = (bits & 8U) == 0;
  arguments.title_prefix = (bits & 16U) == 0;
  arguments.overwrite = (bits & 32U) != 0;
  arguments.mode = static_cast<client::PredictionMode>(bits >> 6U);
  return arguments;
}

class World {
 public:
  explicit World(std::uint8_t bits) : arguments_(arguments_of(bits)), rig_(arguments_, kFirst) {}

  bool play(const fuzz::Record& record) {
    bool ends = false;
    switch (record.kind) {
      case kState:
      case kSizedState:
        state(record, record.kind == kSizedState ? 2 : 0);
        break;
      case kKeys:
        keys(record.bytes.first(std::min<std::size_t>(record.bytes.size(), 200)));
        break;
      case kLink:
        rig_.link_is_well();
        rig_.net_says(Link{.heard_ns = 0,
                           .acked_ns = UINT64_MAX,
                           .send_interval_ms = record.number() * 2U,
                           .connected = (record.number(1) & 1U) != 0,
                           .closing = (record.number(1) & 2U) != 0});
        break;
      case kNotice:
        rig_.net_says(Notice{static_cast<Notice::Kind>(record.number() % 7), record.number(1)});
        break;
      case kWindow:
        rig_.window_is(size_of(record.number(), record.number(1)));
        break;
      case kWish:
        wish(record.number());
        break;
      case kTime:
        rig_.clock().advance(std::chrono::milliseconds(record.number() * record.number(1)));
        break;
      case kStall:
        stalled_ = record.number() % 2 == 1;
        rig_.terminal_is(stalled_ ? Terminal::kStuck : Terminal::kPrompt);
        break;
      case kFinish:
        rig_.tty_says(Finish{});
        finishing_ = true;
        break;
      case kRawNet:
        ends = raw(rig_.net(), record.bytes, !privsep::decode<NetToScreen>(record.bytes));
        break;
      case kRawTty:
        ends = raw(rig_.tty(), record.bytes, !privsep::decode<TtyToScreen>(record.bytes));
        break;
      default:
        return true;
    }
    const bool alive = rig_.settle();
    CHECK(rig_.clean());
    CHECK(!(alive && ends));
    if (!alive) CHECK(raw_ || (finishing_ && rig_.session().ended_well()));
    if (!alive) return false;
    look();
    return true;
  }

 private:
  static WindowSize size_of(std::uint8_t columns, std::uint8_t rows) {
    return {1U + columns % kLargest.columns, 1U + rows % kLargest.rows};
  }
  /// From a state that is held, mostly the newest; numbers grow, with gaps.
  void state(const fuzz::Record& record, std::size_t header) {
    const std::uint64_t back = record.number(header) % 8U;
    const std::uint64_t base = held_[held_.size() - 1 - std::min<std::size_t>(back, held_.size() - 1)];
    newest_ += 1 + (record.number(header) >> 7U);
    rig_.net_says(Diff{StateNumber(base), StateNumber(newest_), StateNumber(held_.front())});
    if ((record.number(header) & 0x40U) != 0) rig_.net_says(EchoAck{StateNumber(typed_)});
    if (header != 0) rig_.net_says(ScreenSize{size_of(record.number(), record.number(1))});
    const auto bytes = record.bytes.subspan(std::min(record.bytes.size(), header + 1));
    if (!bytes.empty()) rig_.net_says(HostBytes{bytes});
    rig_.net_says(DiffEnd{});
    held_.push_back(newest_);
    if (held_.size() > 20) held_.erase(held_.begin(), held_.begin() + 10);
  }
  void keys(std::span<const std::byte> bytes) {
    if (bytes.empty()) return;
    rig_.net_says(
        Keys{.sent = StateNumber(typed_++), .read_bytes = static_cast<std::uint32_t>(bytes.size()), .bytes = bytes});
  }
  void wish(std::uint8_t which) {
    if (which % 4 == 0) return rig_.tty_says(Repaint{});
    if (which % 4 == 3) return rig_.tty_says(Farewell{static_cast<Farewell::Kind>((which >> 2U) % 3)});
    rig_.tty_says(Menu{.shown = which % 4 == 1});
  }
  /// True if screen must end by it.
  bool raw(const privsep::Channel& channel, std::span<const std::byte> record, bool malformed) {
    if (record.empty() || channel.send(record) != privsep::SendOutcome::kSent) return false;
    raw_ = true;
    rig_.out_of_step();
    return malformed;
  }

  void look() {
    const client::HeldStates& states = *rig_.session().states();
    CHECK(states.bytes_in_use() <= kMostBytes);
    fuzz::check_form(states.newest().screen);
    const terminal::Framebuffer& shown = *rig_.session().shown();
    fuzz::check_form(shown);
    if (stalled_ || raw_) return;
    terminal::Framebuffer expected = shown;
    if (!arguments_.clipboard) expected.mutable_strings().clipboard.clear();
    // A title that never was sent is not the terminal's.
    if (arguments_.has_title) {
      CHECK(rig_.mismatch(expected).empty());
    } else {
      CHECK(!rig_.seen().title_was_set());
    }
  }

  client::ScreenArguments arguments_;
  ScreenRig rig_;
  std::vector<std::uint64_t> held_{0};
  std::uint64_t newest_ = 0;
  std::uint64_t typed_ = 0;
  bool stalled_ = false, raw_ = false, finishing_ = false;
};

template <typename Message>
std::vector<std::uint8_t> raw(Kind kind, const Message& message) {
  std::vector<std::byte> scratch(256);
  return fuzz::whole_record(kind, privsep::encode(message, scratch));
}

std::vector<std::vector<std::uint8_t>> make_templates() {
  std::vector<std::vector<std::uint8_t>> templates;
  using namespace std::string_view_literals;
  for (const auto bytes :
       {"\0$ hello\r\n"sv, "\x40\x1b[31mred\x1b[m \xe6\xbc\xa2"sv, "\0\x1b[2J\x1b[H\x1b[7mtop\x1b[K"sv, "\0\n\n\n"sv,
        "\0\x1b]0;title\a"sv, "\0\x1b]52;c;QUJD\a"sv, "\0\x1b[?1002h\x1b[?1006h"sv, "\0\x1b[6n\x1b[c"sv,
        "\1\x1b[5;3r\x1b[S"sv}) {
    templates.push_back(fuzz::whole_record(kState, bytes_of(bytes)));
  }
  templates.push_back(fuzz::whole_record(kSizedState, bytes_of("\x13\x04\0wide"sv)));
  for (const auto bytes : {"a"sv, "\x7f"sv, "\x1b[C"sv, "\r"sv, "\xc3\xbc"sv}) {
    templates.push_back(fuzz::whole_record(kKeys, bytes_of(bytes)));
  }
  templates.push_back(fuzz::whole_record(kLink, bytes_of("\x64\x01"sv)));
  templates.push_back(fuzz::whole_record(kNotice, bytes_of("\x02\x6f"sv)));
  templates.push_back(fuzz::whole_record(kWindow, bytes_of("\x1d\x09"sv)));
  for (const auto bytes : {"\0"sv, "\1"sv, "\2"sv, "\3"sv})
    templates.push_back(fuzz::whole_record(kWish, bytes_of(bytes)));
  templates.push_back(fuzz::whole_record(kTime, bytes_of("\xff\x40"sv)));
  for (const auto bytes : {"\0"sv, "\1"sv}) templates.push_back(fuzz::whole_record(kStall, bytes_of(bytes)));
  templates.push_back(fuzz::whole_record(kFinish, {}));
  templates.push_back(raw(kRawNet, Diff{StateNumber(0), StateNumber(1000), StateNumber(0)}));
  templates.push_back(raw(kRawNet, DiffEnd{}));
  templates.push_back(raw(kRawTty, Shown{}));
  return templates;
}

}  // namespace

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  static const auto kTemplates = make_templates();
  if (size == 0 || max_size < 2) return 0;
  if (seed % 64 == 0) data[0] = static_cast<std::uint8_t>(seed >> 8U);
  return 1 + fuzz::mutate_records(data + 1, size - 1, max_size - 1, seed, kTemplates);
}

/// The first byte chooses the terminal and the settings; the rest is records.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  World world(data[0]);
  fuzz::play_records(data + 1, size - 1, [&](const fuzz::Record& record) { return world.play(record); });
  return 0;
}
