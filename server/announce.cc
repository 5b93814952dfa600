#include "server/announce.h"

#include <poll.h>

#include <array>
#include <charconv>
#include <variant>

#include "base/byte_writer.h"
#include "base/bytes.h"
#include "base/sys/io.h"
#include "base/sys/random.h"
#include "base/wipe.h"
#include "privsep/arrange.h"
#include "privsep/net_monitor.h"

namespace sallyport::server {

std::optional<crypto::SessionKey> make_session_key() {
  if (!crypto::protect_process_memory()) return std::nullopt;
  std::array<std::byte, crypto::kKeyBytes> random{};
  if (!sys::random_bytes(random)) return std::nullopt;
  return crypto::SessionKey::from_random(random);
}

bool await_announce(const privsep::Channel& monitor) {
  pollfd ready{monitor.fd().number(), POLLIN, 0};
  std::array<std::byte, 64> buffer{};
  auto record = monitor.receive(buffer);
  while (!record && record.error() == privsep::ReceiveFailure::kNothing) {
    if (!sys::ppoll(std::span(&ready, 1), std::nullopt)) return false;
    record = monitor.receive(buffer);
  }
  if (!record) return false;
  const auto message = privsep::decode<privsep::MonitorToNet>(*record);
  return message && std::holds_alternative<privsep::Announce>(*message);
}

bool announce(BorrowedFd output, std::uint16_t port, const crypto::SessionKey& key) {
  crypto::KeyText text;
  key.print(text);
  std::array<char, 5> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), port).ptr;
  std::array<std::byte, 64> line{};
  ByteWriter writer(line);
  writer.bytes(bytes_of("MOSH CONNECT "));
  writer.bytes(bytes_of({digits.data(), static_cast<std::size_t>(end - digits.data())}));
  writer.bytes(bytes_of(" "));
  writer.bytes(bytes_of(text.view()));
  writer.bytes(bytes_of("\n"));
  const auto written = sys::write(output, writer.written());
  const bool whole = written && *written == writer.written().size();
  wipe(line);
  return privsep::point_at_null(output).has_value() && whole;
}

}  // namespace sallyport::server
