// login-record: keeps the session's login record for the monitor (architecture 1). Unconfined, with no more authority than the
// shell. Standard input is the pipe from the monitor, standard output the PTY's controlling side, which utempter needs to see.
// At the end of the pipe, however it comes, the record is removed and the PTY closed.
//
// Usage: login-record pid=MONITOR [--record-file FILE]     (FILE: for tests, instead of the system's records)
#include <unistd.h>
#include <utempter.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>

#include "base/decimal.h"
#include "base/sys/io.h"
#include "privsep/login_record_messages.h"
#include "pty/login_record.h"
#include "server/login_record_text.h"

namespace sallyport::server {
namespace {

constexpr BorrowedFd kPipe{STDIN_FILENO};
constexpr BorrowedFd kPty{STDOUT_FILENO};
constexpr int kFailure = 1;

class Record {
 public:
  explicit Record(std::optional<pty::LoginRecordFile> file) : file_(std::move(file)) {}
  void write(const std::string& host) {
    if (host == host_) return;
    if (file_) {
      // By number: the system's helper finds the name itself, and a static program has no name service.
      (void)file_->write(std::to_string(::getuid()), host);
    } else {
      if (!host_.empty()) (void)::utempter_remove_record(kPty.number());
      (void)::utempter_add_record(kPty.number(), host.c_str());
    }
    host_ = host;
  }
  void remove() {
    if (file_) {
      (void)file_->remove();
    } else {
      (void)::utempter_remove_record(kPty.number());
    }
  }

 private:
  std::optional<pty::LoginRecordFile> file_;
  std::string host_;
};

struct Arguments {
  pid_t monitor = 0;
  std::optional<std::string> file;
};

std::optional<Arguments> parse(int argc, char** argv) {
  constexpr std::string_view kPid = "pid=";
  if (argc != 2 && argc != 4) return {};
  const std::string_view word = argv[1];
  if (!word.starts_with(kPid)) return {};
  const auto pid = parse_decimal<std::uint32_t>(word.substr(kPid.size()));
  if (!pid) return {};
  Arguments arguments{.monitor = static_cast<pid_t>(*pid), .file = {}};
  if (argc == 4) {
    if (argv[2] != std::string_view("--record-file")) return {};
    arguments.file = argv[3];
  }
  return arguments;
}

/// One record; nothing at the end of the pipe and for what no honest monitor writes.
std::optional<privsep::LoginRecordMessage> next_message() {
  std::array<std::byte, privsep::kLoginRecordBytes> record;
  const auto got = sys::read(kPipe, record);
  if (!got || *got != record.size()) return {};
  const auto message = privsep::decode_login_record(record);
  if (!message) return {};
  return *message;
}

int run(int argc, char** argv) {
  const auto arguments = parse(argc, argv);
  if (!arguments) return kFailure;
  // Only the end of the pipe ends this program: a record must not stay behind.
  for (const int signal : {SIGHUP, SIGINT, SIGTERM, SIGQUIT, SIGPIPE}) (void)::signal(signal, SIG_IGN);
  std::optional<pty::LoginRecordFile> file;
  if (arguments->file) {
    auto opened = pty::LoginRecordFile::open(*arguments->file, kPty);
    if (!opened) return kFailure;
    file = std::move(*opened);
  }
  Record record(std::move(file));
  record.write(login_record_text(arguments->monitor));
  while (const auto message = next_message()) record.write(login_record_text(arguments->monitor, *message));
  record.remove();
  return 0;
}

}  // namespace
}  // namespace sallyport::server

int main(int argc, char** argv) { return sallyport::server::run(argc, argv); }
