// What ssh and the far side print before the session (command line 3.8): the lines that mean something by an exact
// grammar, everything else made visible for standard output. Bounded in line and in whole. Holds the session key from
// the line that carries it: wiped, never shown. Linked by the command alone; no system call.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "client/bootstrap/visible_text.h"

namespace sallyport::client {

inline constexpr std::size_t kMaxMagicLineBytes =
    1024;  ///< ours: the longest that an honest server prints has under 120
inline constexpr std::size_t kMaxOutputBytes = 1024 * 1024;  ///< ours: login banners are a few KiB
inline constexpr std::size_t kMaxRememberedLines = 64;       ///< ours: the locale message with its list has under 30
inline constexpr std::size_t kMaxRememberedLineBytes = 240;  ///< ours: enough for any message that section 5 names

/// Which of our two servers the far side has, if it was left to it.
enum class ServerFound : std::uint8_t { kUnsaid, kSallyport, kMosh, kNone };

class BootstrapOutput {
 public:
  enum class State : std::uint8_t {
    kReading,
    kConnected,  ///< port() and key() are there; the rest does not matter
    kFailed,     ///< failure() says why
  };
  /// Whether the address is known already, so that no line may name one.
  enum class Address : std::uint8_t { kAwaited, kKnown };

  explicit BootstrapOutput(Address address);

  /// Reads a piece of output, in any division; appends to `shown` what goes to standard output. Nothing is read after
  /// kConnected or kFailed. `piece` may hold the key and is the caller's to wipe.
  State feed(std::span<const std::byte> piece, std::string& shown);
  /// The end of the output: its last line may lack the newline.
  State finish(std::string& shown);

  [[nodiscard]] State state() const { return state_; }
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// Of MOSH IP: numeric, as our own fake proxy wrote it.
  [[nodiscard]] const std::optional<std::string>& address() const { return address_; }
  /// The server's address in MOSH SSH_CONNECTION: numeric, the far side's word.
  [[nodiscard]] const std::optional<std::string>& remote_address() const { return remote_address_; }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] std::string_view key() const { return text_of(key_); }
  [[nodiscard]] ServerFound server() const { return server_; }
  /// The last lines that were shown, oldest first, without empty ones, each cut.
  [[nodiscard]] const std::deque<std::string>& lines() const { return lines_; }

 private:
  enum class Prefix : std::uint8_t { kNone, kPossible, kIp, kSshConnection, kConnect, kServer };

  void take(char c, std::string& shown);
  void end_line(std::string& shown);
  void show(std::string_view text, std::string& shown);
  void remember_line();
  [[nodiscard]] static Prefix prefix_of(std::string_view line);
  void read_magic(Prefix prefix, std::string_view line);
  void read_ip(std::string_view rest);
  void read_ssh_connection(std::string_view line);
  void read_connect(std::string_view rest);
  void read_server(std::string_view rest);
  void fail(std::string why);

  State state_ = State::kReading;
  Address address_rule_;
  SecretBytes line_;        ///< the current line as long as it may mean something
  bool plain_ = false;      ///< the current line means nothing: it goes through
  std::string plain_line_;  ///< its beginning, made visible
  VisibleText visible_;
  std::size_t total_bytes_ = 0;
  std::deque<std::string> lines_;
  std::string failure_;
  std::optional<std::string> address_;
  std::optional<std::string> remote_address_;
  std::uint16_t port_ = 0;
  SecretBytes key_;
  ServerFound server_ = ServerFound::kUnsaid;
};

}  // namespace sallyport::client
