#include "bench/session.h"

#include "bench/floor_client.h"
#include "bench/floor_protocol.h"
#include "bench/wire_client.h"

namespace sallyport::bench {

using std::chrono::milliseconds;
using std::chrono::seconds;

Session::Session(const std::string& server, const std::string& script, WindowSize window, const Way& way) {
  if (server == kBarePty) {
    client_ = std::make_unique<PtyClient>(script);
    return;
  }
  process_.emplace(server, std::vector<std::string>{"/bin/sh", "-c", script});
  const std::uint16_t port = way ? way(process_->port()) : process_->port();
  if (process_->key() == kFloorName) {
    client_ = std::make_unique<FloorClient>(port);
    return;
  }
  shown_ = std::make_unique<ShownScreen>(window);
  auto wire = std::make_unique<WireClient>(process_->key(), port, window);
  wire->on_state([this](const proto::TransportInstruction& instruction) { shown_->apply(instruction); });
  wire_ = wire.get();
  client_ = std::move(wire);
}

void Session::drop_client() {
  client_.reset();
  wire_ = nullptr;
}

bool Session::begin(Duration settle) {
  client_->type("");
  if (!client_->wait_for(kReady, client_->now() + seconds(10))) return false;
  client_->rest(settle);
  return true;
}

bool Session::wait_for_finish(TimePoint deadline) {
  if (!shown_) return client_->wait_for(kFinished, deadline);
  while (!shown_->text_before_cursor().ends_with(kFinished)) {
    if (!client_->wait_for("", deadline)) return false;
  }
  return true;
}

std::string Session::difference(std::string_view printed) const { return shown_ ? shown_->difference(printed) : ""; }

std::string greeting_script() { return R"(printf '\033[H\033[2Jready'; exec cat)"; }

std::string echoing_script() { return "stty raw -echo; " + greeting_script(); }

std::string printing_script(const std::string& path) {
  return R"(stty raw -echo; printf '\033[H\033[2Jready'; dd bs=1 count=1 >/dev/null 2>&1; cat ')" + path +
         R"('; printf '\033[0mFINISHED'; exec cat)";
}

}  // namespace sallyport::bench
