#include "tests/client_tty/tty_session_testing.h"

#include <sys/ioctl.h>

#include <variant>

namespace sallyport::client::testing {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};

std::string of(WindowSize size) { return std::to_string(size.columns) + "x" + std::to_string(size.rows); }

template <typename Messages, typename Describe>
std::vector<std::string> drain(const privsep::Channel& channel, Describe describe) {
  std::vector<std::string> out;
  std::vector<std::byte> buffer(privsep::kMaxElsewhereBytes);
  while (const auto record = channel.receive(buffer)) {
    const auto message = privsep::decode<Messages>(*record);
    EXPECT_TRUE(message);
    if (message) out.push_back(std::visit(describe, *message));
  }
  return out;
}

}  // namespace

void Rig::set_size(WindowSize size) {
  winsize told{};
  told.ws_col = static_cast<unsigned short>(size.columns);
  told.ws_row = static_cast<unsigned short>(size.rows);
  EXPECT_EQ(::ioctl(pty_.borrow().number(), TIOCSWINSZ, &told), 0);
}

std::vector<std::string> Rig::to_net() {
  return drain<TtyToNet>(net,
                         Overloaded{[](const Typed& typed) { return "typed:" + std::string(text_of(typed.bytes)); },
                                    [](const Resized& resized) { return "resized:" + of(resized.size); },
                                    [](const Quit&) { return std::string("quit"); }});
}

std::vector<std::string> Rig::to_screen() {
  return drain<TtyToScreen>(
      screen,
      Overloaded{[](const Window& window) { return "window:" + of(window.size); },
                 [](const Repaint&) { return std::string("repaint"); },
                 [](const Menu& menu) { return std::string(menu.shown ? "menu" : "no menu"); },
                 [](const Farewell& farewell) { return "farewell:" + std::to_string(static_cast<int>(farewell.kind)); },
                 [](const Shown&) { return std::string("shown"); },
                 [](const Finish&) { return std::string("finish"); }});
}

std::vector<std::string> Rig::to_guard() {
  return drain<TtyToGuard>(guard, Overloaded{[](const Ready&) { return std::string("ready"); },
                                             [](const Suspend&) { return std::string("suspend"); },
                                             [](const Done& done) {
                                               return "done:" + std::to_string(static_cast<int>(done.reason)) + ":" +
                                                      std::to_string(static_cast<int>(done.ended));
                                             },
                                             [](const privsep::Log&) { return std::string("log"); }});
}

std::optional<Done> Rig::done() {
  std::array<std::byte, 64> buffer{};
  std::optional<Done> last;
  while (const auto record = guard.receive(buffer)) {
    const auto message = privsep::decode<TtyToGuard>(*record);
    if (message && std::holds_alternative<Done>(*message)) last = std::get<Done>(*message);
  }
  return last;
}

}  // namespace sallyport::client::testing
