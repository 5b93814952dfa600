// Bytes on the wire: wire_bytes SERVER [--quick]. Prints one JSON object: for each script of wire_scripts.h, over a
// path of 0 and of 100 ms, datagrams and bytes of UDP payload in both directions, and whether the client's screen is
// right at the end. wire_bytes SERVER --trace SCRIPT: each new state of one script over loopback, in words.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "bench/counting_path.h"
#include "bench/server_process.h"
#include "bench/shown_screen.h"
#include "bench/wire_client.h"
#include "bench/wire_scripts.h"
#include "proto/host_message.h"

namespace sallyport::bench {
namespace {

using std::chrono::milliseconds;

constexpr WindowSize kWindow{80, 24};  // WireClient's
constexpr const char* kNeverSent = "\xFF never sent";

enum class Trace : std::uint8_t { kOff, kOn };

/// What script(1) recorded, without its first and last line.
std::string recorded(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream all;
  all << in.rdbuf();
  std::string text = all.str();
  text.erase(0, text.find('\n') + 1);
  if (const auto end = text.rfind("\nScript done on "); end != std::string::npos) text.resize(end);
  return text;
}

/// The program in an environment of its own, its output recorded on the way.
std::vector<std::string> words_of(const WireScript& script, const std::string& folder) {
  return {"/usr/bin/env",
          "-i",
          "PATH=/usr/bin:/bin",
          "HOME=" + folder,
          "SHELL=/bin/sh",
          "TERM=xterm-256color",
          "LANG=C.UTF-8",
          "PS1=\\[\\e[1;32m\\]user@example\\[\\e[0m\\]:\\[\\e[1;34m\\]\\W\\[\\e[0m\\]\\$ ",
          "/bin/sh",
          "-c",
          "cd '" + folder + "' && exec script -qfc \"$1\" .recorded",
          "sh",
          script.command};
}

void print_state(const proto::TransportInstruction& instruction, double at_s) {
  std::string words;
  proto::HostMessageReader reader(instruction.diff);
  proto::HostInstruction element;
  while (reader.next(element)) {
    if (const auto* host = std::get_if<proto::HostBytes>(&element)) {
      for (const char byte : text_of(host->bytes)) {
        const auto code = static_cast<unsigned char>(byte);
        std::array<char, 8> hex{};
        std::snprintf(hex.data(), hex.size(), "\\x%02x", code);
        words += code == 0x1B ? "^[" : code < 0x20 || code > 0x7E ? hex.data() : std::string(1, byte);
      }
    } else if (const auto* ack = std::get_if<proto::EchoAck>(&element)) {
      words += "(echo ack " + std::to_string(ack->newest.value()) + ") ";
    }
  }
  std::fprintf(stderr, "%8.3f %llu>%llu ack %llu, %zu: %s\n", at_s,
               static_cast<unsigned long long>(instruction.old_num.value()),
               static_cast<unsigned long long>(instruction.new_num.value()),
               static_cast<unsigned long long>(instruction.ack_num.value()), instruction.diff.size(), words.c_str());
}

/// One session. The counts begin when the program's first screen is there.
std::string measure(const std::string& server, const WireScript& script, Duration one_way, Trace trace) {
  const std::string folder =
      std::filesystem::temp_directory_path() / ("sallyport-wire-" + std::to_string(::getpid()) + "/work");
  std::filesystem::create_directories(folder);
  std::string json;
  {
    const ServerProcess process(server, words_of(script, folder));
    const CountingPath path(process.port(), one_way);
    WireClient client(process.key(), path.port());
    ShownScreen shown(kWindow);
    const TimePoint start = client.now();
    client.on_state([&](const proto::TransportInstruction& instruction) {
      shown.apply(instruction);
      if (trace == Trace::kOn) print_state(instruction, std::chrono::duration<double>(client.now() - start).count());
    });
    client.type("");
    TimePoint next = start + milliseconds(1500);
    for (const Stroke& stroke : script.strokes) {
      next += stroke.pause;
      (void)client.wait_for(kNeverSent, next);
      client.type(stroke.keys);
    }
    (void)client.wait_for(kNeverSent, next + script.rest);
    const Passed up = path.passed(Way::kUp);
    const Passed down = path.passed(Way::kDown);
    const std::string wrong = shown.difference(recorded(folder + "/.recorded"));
    if (!wrong.empty()) std::fprintf(stderr, "wire_bytes: %s: the screen differs: %s\n", script.name, wrong.c_str());
    const std::string name = std::string(script.name) + (one_way == Duration(0) ? "_" : "_100ms_");
    std::ostringstream out;
    out << '"' << name << "down_bytes\": " << down.bytes << ", \"" << name << "down_datagrams\": " << down.datagrams
        << ", \"" << name << "up_bytes\": " << up.bytes << ", \"" << name << "up_datagrams\": " << up.datagrams
        << ", \"" << name << "screens_wrong\": " << (wrong.empty() ? 0 : 1) << ", ";
    json = out.str();
  }
  std::filesystem::remove_all(std::filesystem::path(folder).parent_path());
  return json;
}

struct Run {
  pid_t pid;
  int from;
};

/// Each session in a process of its own: they wait for most of the time, so they run at once.
Run begin(const std::string& server, const WireScript& script, Duration one_way) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) std::exit(1);
  const pid_t pid = ::fork();
  if (pid == 0) {
    const std::string json = measure(server, script, one_way, Trace::kOff);
    std::_Exit(::write(ends[1], json.data(), json.size()) == static_cast<ssize_t>(json.size()) ? 0 : 1);
  }
  ::close(ends[1]);
  return {pid, ends[0]};
}

int run_all(const std::string& server, const std::string& self, Length length) {
  std::vector<Run> runs;
  for (const WireScript& script : wire_scripts(self, length)) {
    for (const Duration one_way : {Duration(0), Duration(milliseconds(50))})
      runs.push_back(begin(server, script, one_way));
  }
  bool complete = true;
  std::string json;
  for (const Run& run : runs) {
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(run.from, buffer.data(), buffer.size())) > 0;) {
      json.append(buffer.data(), static_cast<std::size_t>(n));
    }
    ::close(run.from);
    int status = 0;
    complete = ::waitpid(run.pid, &status, 0) == run.pid && status == 0 && complete;
  }
  if (!complete) return 1;
  std::printf("{%s\"server\": \"%s\"}\n", json.c_str(), server.c_str());
  return 0;
}

int trace_one(const std::string& server, const std::string& self, std::string_view name) {
  for (const WireScript& script : wire_scripts(self, Length::kWhole)) {
    if (name == script.name) std::printf("{%s}\n", measure(server, script, Duration(0), Trace::kOn).c_str());
  }
  return 0;
}

}  // namespace
}  // namespace sallyport::bench

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  if (words.size() == 2 && words[0] == "--print-log") {
    sallyport::bench::print_log(std::atoi(words[1].c_str()));
    return 0;
  }
  if (words.size() == 3 && words[1] == "--trace") return sallyport::bench::trace_one(words[0], self, words[2]);
  if (words.empty() || words.size() > 2 || (words.size() == 2 && words[1] != "--quick")) {
    std::fprintf(stderr,
                 "usage: wire_bytes SERVER [--quick]\n       wire_bytes SERVER --trace typing|editor|pager|log\n");
    return 2;
  }
  using sallyport::bench::Length;
  return sallyport::bench::run_all(words[0], self, words.size() == 2 ? Length::kQuick : Length::kWhole);
}
