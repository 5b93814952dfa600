#include "client/guard/words.h"

#include <algorithm>
#include <charconv>

#include "client/common/key_failure.h"

namespace sallyport::client {
namespace {

using privsep::client::Done;
using privsep::client::Ended;

constexpr std::array<std::string_view, 3> kCompartmentNames = {"tty, which owns the terminal",
                                                               "net, which owns the connection", "screen, which draws"};

// spec: command line 2.8.
constexpr std::string_view kUnclean =
    "\n\nmosh did not shut down cleanly. Please note that the\nmosh-server process may still be running on the "
    "server.\n";

void say_never_connected(const Ending& ending, FixedText& out) {
  out.text("\nmosh did not make a successful connection: no UDP reply from ").text(ending.address).text(" port ");
  out.number(ending.port).text(".\n");
  out.text("If SSH worked, a firewall is probably dropping UDP ").number(ending.port);
  out.text(
      ". Open UDP 60000-61000 on the server,\nor use -p with an open port; the outside port must equal the inside "
      "port.\n");
  if (ending.has_ipv6)
    out.text(ending.has_ipv4 ? "Neither IPv4 nor IPv6 answered.\n" : "No answer over IPv6; retry with -4.\n");
  out.text(
      "A server that hears nothing ends by itself within 60 s. It may also have been ended at logout:\n"
      "see loginctl enable-linger.\n");
}

void say_broken(const Ending& ending, Compartment which, FixedText& out) {
  out.text("\nsallyport-client: ")
      .text(kCompartmentNames[static_cast<std::size_t>(which)])
      .text(ending.hung ? ", did not answer any more and was ended" : ", ended unexpectedly");
  if (ending.status && ending.broken == which && !ending.hung) {
    out.text(ending.status->killed ? " (killed by signal " : " (exit status ")
        .number(static_cast<std::uint64_t>(std::max(ending.status->number, 0)))
        .text(")");
  }
  out.text(
      ".\nThe terminal is restored. What ran in the session may still run on the server; its key is gone, so that "
      "nobody\n"
      "can join it again. If nobody ended the process on purpose, please report it.\n");
}

void say_session(const Ending& ending, LastWords& words) {
  switch (ending.done.ended) {
    case Ended::Reason::kAcknowledged:
    case Ended::Reason::kServerEnded:
      words.exit_status = 0;
      return;
    case Ended::Reason::kUnanswered:
      words.errors.text(kUnclean);
      return;
    case Ended::Reason::kNeverConnected:
      return say_never_connected(ending, words.errors);
    case Ended::Reason::kUsageLimit:
      words.errors.text(
          "\nsallyport-client: the session's key has been used as much as is safe. Start a new session.\n");
      return;
    case Ended::Reason::kScreenFailed:
      return say_broken(ending, Compartment::kScreen, words.errors);
  }
}

}  // namespace

FixedText& FixedText::text(std::string_view words) {
  const std::size_t fits = std::min(words.size(), buffer_.size() - used_);
  std::copy_n(words.begin(), fits, buffer_.begin() + static_cast<std::ptrdiff_t>(used_));
  used_ += fits;
  return *this;
}

FixedText& FixedText::number(std::uint64_t value) {
  std::array<char, 20> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value).ptr;
  return text({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

LastWords last_words(const Ending& ending) {
  LastWords words;
  if (ending.broken == Compartment::kTty) {
    say_broken(ending, Compartment::kTty, words.errors);
    return words;
  }
  switch (ending.done.reason) {
    case Done::Reason::kSession:
      say_session(ending, words);
      break;
    case Done::Reason::kNetFailed:
      say_broken(ending, Compartment::kNet, words.errors);
      break;
    case Done::Reason::kScreenFailed:
      say_broken(ending, Compartment::kScreen, words.errors);
      break;
    case Done::Reason::kTerminalFailed:
      words.errors.text("\nsallyport-client: the terminal is gone.\n");
      break;
    case Done::Reason::kUserGaveUp:
      words.errors.text(kUnclean);
      break;
  }
  return words;
}

const char* exit_words(int exit_status) {
  switch (static_cast<KeyFailure>(exit_status)) {
    case KeyFailure::kUnreadable:
      return "the session's key cannot be read, or there is no memory for it (see ulimit -l and -v)";
    case KeyFailure::kWrongLength:
      return "the session's key is wrong: it must be exactly 22 characters long";
    case KeyFailure::kWrongCharacter:
      return "the session's key is wrong: it may only have letters, digits, + and /";
    case KeyFailure::kNotCanonical:
      return "the session's key is wrong: its last character cannot end a key (was it copied in full?)";
  }
  return nullptr;
}

}  // namespace sallyport::client
