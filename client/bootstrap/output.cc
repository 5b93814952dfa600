#include "client/bootstrap/output.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/decimal.h"
#include "client/bootstrap/addresses.h"

namespace sallyport::client {
namespace {

constexpr std::string_view kIp = "MOSH IP ";                         // spec: command line 3.8
constexpr std::string_view kSshConnection = "MOSH SSH_CONNECTION ";  // spec
constexpr std::string_view kConnect = "MOSH CONNECT ";               // spec
constexpr std::string_view kServer = "SALLYPORT SERVER ";            // ours: ssh_words.cc
constexpr std::string_view kBlanks = " \t\r";
constexpr std::size_t kKeyCharacters = 22;      // spec
constexpr std::size_t kSshConnectionWords = 6;  // spec

std::string_view without_trailing_blanks(std::string_view text) {
  const auto last = text.find_last_not_of(kBlanks);
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  for (;;) {
    const auto start = text.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return words;
    text.remove_prefix(start);
    words.push_back(text.substr(0, text.find_first_of(kBlanks)));
    text.remove_prefix(words.back().size());
  }
}

bool is_base64(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
}

}  // namespace

BootstrapOutput::BootstrapOutput(Address address) : address_rule_(address) { line_.reserve(kMaxMagicLineBytes); }

BootstrapOutput::State BootstrapOutput::feed(std::span<const std::byte> piece, std::string& shown) {
  for (const std::byte byte : piece) {
    if (state_ != State::kReading) break;
    if (++total_bytes_ > kMaxOutputBytes) {
      fail("More than 1 MiB was printed, and no MOSH CONNECT line.");
      break;
    }
    take(static_cast<char>(byte), shown);
  }
  return state_;
}

BootstrapOutput::State BootstrapOutput::finish(std::string& shown) {
  if (state_ == State::kReading && (plain_ || !line_.empty())) take('\n', shown);
  return state_;
}

void BootstrapOutput::take(char c, std::string& shown) {
  if (c == '\n') return end_line(shown);
  if (plain_) return show({&c, 1}, shown);
  if (line_.size() >= kMaxMagicLineBytes) return fail("Bad line of the server: it is longer than 1024 characters.");
  line_.push_back(static_cast<std::byte>(c));
  if (prefix_of(text_of(line_)) != Prefix::kNone) return;
  plain_ = true;
  show(text_of(line_), shown);
  line_.clear();
}

void BootstrapOutput::end_line(std::string& shown) {
  const Prefix prefix = plain_ ? Prefix::kNone : prefix_of(text_of(line_));
  if (prefix == Prefix::kNone || prefix == Prefix::kPossible) {
    if (!plain_) show(text_of(line_), shown);
    show("\n", shown);
    remember_line();
  } else {
    read_magic(prefix, text_of(line_));
  }
  wipe(std::span(line_));
  line_.clear();
  plain_ = false;
}

void BootstrapOutput::show(std::string_view text, std::string& shown) {
  const std::size_t before = shown.size();
  visible_.append(text, shown);
  if (plain_line_.size() < kMaxRememberedLineBytes) {
    plain_line_ += std::string_view(shown).substr(before, kMaxRememberedLineBytes - plain_line_.size());
  }
}

void BootstrapOutput::remember_line() {
  while (!plain_line_.empty() && plain_line_.back() == '\n') plain_line_.pop_back();
  if (plain_line_.find_first_not_of(kBlanks) != std::string::npos) lines_.push_back(plain_line_);
  if (lines_.size() > kMaxRememberedLines) lines_.pop_front();
  plain_line_.clear();
}

BootstrapOutput::Prefix BootstrapOutput::prefix_of(std::string_view line) {
  constexpr std::array<std::pair<std::string_view, Prefix>, 4> kPrefixes = {{{kIp, Prefix::kIp},
                                                                             {kSshConnection, Prefix::kSshConnection},
                                                                             {kConnect, Prefix::kConnect},
                                                                             {kServer, Prefix::kServer}}};
  for (const auto& [word, prefix] : kPrefixes) {
    if (line.starts_with(word)) return prefix;
    if (word.starts_with(line)) return Prefix::kPossible;
  }
  return Prefix::kNone;
}

void BootstrapOutput::read_magic(Prefix prefix, std::string_view line) {
  switch (prefix) {
    case Prefix::kIp:
      return read_ip(line.substr(kIp.size()));
    case Prefix::kSshConnection:
      return read_ssh_connection(line);
    case Prefix::kConnect:
      return read_connect(line.substr(kConnect.size()));
    case Prefix::kServer:
      return read_server(line.substr(kServer.size()));
    case Prefix::kNone:
    case Prefix::kPossible:
      return;
  }
}

void BootstrapOutput::read_ip(std::string_view rest) {
  if (address_ || address_rule_ == Address::kKnown) return fail("detected attempt to redefine MOSH IP");
  address_ = normal_address(without_trailing_blanks(rest));
  if (!address_) fail("Bad MOSH IP string: " + visible(rest));
}

void BootstrapOutput::read_ssh_connection(std::string_view line) {
  const auto words = words_of(line);
  remote_address_ = words.size() == kSshConnectionWords ? normal_address(words[4]) : std::nullopt;
  if (!remote_address_) fail("Bad MOSH SSH_CONNECTION string");
}

void BootstrapOutput::read_connect(std::string_view rest) {
  const auto blank = rest.find(' ');
  const std::string_view port_text = rest.substr(0, blank);
  const std::string_view key = without_trailing_blanks(blank == std::string_view::npos ? "" : rest.substr(blank + 1));
  const auto port = parse_decimal<std::uint16_t>(port_text);
  if (!port || *port == 0 || key.size() != kKeyCharacters || !std::ranges::all_of(key, is_base64)) {
    // Any other word of it may be a key, or most of one.
    return fail("Bad MOSH CONNECT string: MOSH CONNECT " + (port ? std::string(port_text) : "without a port") +
                (port && *port != 0 ? " without a key of 22 characters" : ""));
  }
  port_ = *port;
  key_.assign(bytes_of(key).begin(), bytes_of(key).end());
  state_ = State::kConnected;
}

void BootstrapOutput::read_server(std::string_view rest) {
  const std::string_view word = without_trailing_blanks(rest);
  if (word == "sallyport-server") {
    server_ = ServerFound::kSallyport;
  } else if (word == "mosh-server") {
    server_ = ServerFound::kMosh;
  } else if (word == "none") {
    server_ = ServerFound::kNone;
  } else {
    fail("Bad SALLYPORT SERVER string: " + visible(word));
  }
}

void BootstrapOutput::fail(std::string why) {
  state_ = State::kFailed;
  failure_ = std::move(why);
}

}  // namespace sallyport::client
