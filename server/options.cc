#include "server/options.h"

#include <algorithm>
#include <cctype>

#include "server/integer.h"

namespace sallyport::server {
namespace {

constexpr std::string_view kMappedPrefix = "::ffff:";
constexpr int kFailure = 1;  // spec: command line 1.4
constexpr std::string_view kRequireSandbox = "--require-sandbox";

/// The reading of the words between `new` and `--`, as getopt would.
class NewOptions {
 public:
  NewOptions(Options& out, std::string_view program, std::optional<std::string_view> ssh_connection)
      : out_(out), program_(program), ssh_connection_(ssh_connection) {}

  /// The -p text is checked once all words are read: the last one wins.
  std::optional<std::string> port_text;

  void read(std::span<const std::string_view> words) {
    words_ = words;
    while (!words_.empty() && out_.action != Options::Action::kExit) {
      const std::string_view word = words_.front();
      words_ = words_.subspan(1);
      if (word.starts_with("--")) {
        long_option(word);
      } else if (word.size() > 1 && word.front() == '-') {
        letters(word.substr(1));
      }
    }
  }

 private:
  void letters(std::string_view rest) {
    while (!rest.empty()) {
      const char letter = rest.front();
      rest.remove_prefix(1);
      if (std::string_view("ipcl@").find(letter) == std::string_view::npos) {
        flag(letter);
        continue;
      }
      if (rest.empty() && words_.empty()) {
        complain("option requires an argument -- '", {&letter, 1});
        return;
      }
      if (rest.empty()) {
        rest = words_.front();
        words_ = words_.subspan(1);
      }
      with_value(letter, rest);
      return;
    }
  }

  void flag(char letter) {
    switch (letter) {
      case 's':
        bind_like_ssh();
        break;
      case 'v':
        out_.verbosity = out_.verbosity == Verbosity::kQuiet ? Verbosity::kVerbose : Verbosity::kDebug;
        break;
      default:
        complain("invalid option -- '", {&letter, 1});
    }
  }

  void with_value(char letter, std::string_view value) {
    switch (letter) {
      case 'i':
        out_.bind_address = value;
        break;
      case 'p':
        port_text = value;
        break;
      case 'c':
        colours(value);
        break;
      case 'l':
        out_.locale_words.emplace_back(value);
        break;
      default:
        break;  // -@ WORD only swallows
    }
  }

  void colours(std::string_view value) {
    if (const auto number = parse_integer(value)) {
      out_.colours = *number;
      return;
    }
    out_.errors += std::string(program_) + ": Bad number of colors (" + std::string(value) + ")\n" + usage_line(program_);
    out_.action = Options::Action::kExit;
    out_.exit_status = kFailure;
  }

  void bind_like_ssh() {
    out_.bind_address.reset();
    if (!ssh_connection_) {
      out_.errors += "Warning: SSH_CONNECTION not found; binding to any interface.\n";
      return;
    }
    out_.bind_address = server_address(*ssh_connection_);
    if (!out_.bind_address) {
      out_.errors += "Warning: Could not parse SSH_CONNECTION; binding to any interface.\n";
    }
  }

  void long_option(std::string_view word) {
    if (!word.starts_with(kRequireSandbox)) {
      complain("unrecognized option '", word);
      return;
    }
    const std::string_view value = word.substr(kRequireSandbox.size());
    if (value == "=full" || value == "=available") {
      out_.sandbox = value == "=full" ? sandbox::Requirement::kFull : sandbox::Requirement::kMandatory;
      return;
    }
    // Unlike an unknown option this one is never ignored: it must not be possible to mistype it into weaker confinement.
    out_.errors += std::string(program_) + ": " + std::string(word) + ": use --require-sandbox=full or =available\n";
    out_.action = Options::Action::kExit;
    out_.exit_status = kFailure;
  }

  /// An unknown option is shown and otherwise ignored: so an old server survives a new wrapper (1.1).
  void complain(std::string_view what, std::string_view option) {
    out_.errors += std::string(program_) + ": " + std::string(what) + std::string(option) + "'\n" + usage_line(program_);
  }

  Options& out_;
  std::string_view program_;
  std::optional<std::string_view> ssh_connection_;
  std::span<const std::string_view> words_;
};

void leave(Options& out, int status, const std::string& text) {
  out.action = Options::Action::kExit;
  out.exit_status = status;
  (status == 0 ? out.out : out.errors) += text;
}

void apply_ports(Options& out, std::string_view program, const std::optional<std::string>& text) {
  if (!text || out.action == Options::Action::kExit) return;
  const auto range = parse_port_range(*text);
  if (range) {
    out.ports = *range;
    return;
  }
  leave(out, kFailure,
        range.error() + "\n" + std::string(program) + ": Bad UDP port range (" + *text + ")\n" + usage_line(program));
}

void read_sandbox_report(Options& out, std::string_view program, std::span<const std::string_view> words) {
  out.action = Options::Action::kSandboxReport;
  for (const std::string_view word : words) {
    if (word == "--json") {
      out.report_as_json = true;
    } else {
      leave(out, kFailure, std::string(program) + ": sandbox-report: unknown word '" + std::string(word) + "'\n");
      return;
    }
  }
}

}  // namespace

Options parse_options(std::span<const std::string_view> words, std::optional<std::string_view> ssh_connection,
                      std::string_view version) {
  Options out;
  const std::string_view program = words.empty() ? "sallyport-server" : words.front();
  if (!words.empty()) words = words.subspan(1);
  const auto end = std::ranges::find(words, "--");
  const auto before = words.first(static_cast<std::size_t>(end - words.begin()));

  for (const std::string_view word : before) {
    if (word == "--help" || word == "-h") {
      leave(out, 0, help_text(program));
      return out;
    }
    if (word == "--version") {
      leave(out, 0, version_text(program, version));
      return out;
    }
  }
  if (end != words.end()) out.command.assign(end + 1, words.end());

  if (before.empty()) return out;
  if (before.front() == "sandbox-report") {
    read_sandbox_report(out, program, before.subspan(1));
  } else if (before.front() == "new") {
    NewOptions reader(out, program, ssh_connection);
    reader.read(before.subspan(1));
    apply_ports(out, program, reader.port_text);
  } else if (before.size() <= 2) {  // legacy: IP [PORT]
    out.bind_address = before[0];
    apply_ports(out, program, before.size() == 2 ? std::optional<std::string>(before[1]) : std::nullopt);
  } else {
    leave(out, kFailure, usage_line(program));
  }
  return out;
}

Result<PortRange, std::string> parse_port_range(std::string_view text) {
  constexpr std::int64_t kMaxPort = 65535;
  const auto outside = [](const char* which, std::int64_t port) {
    return std::unexpected(std::string(which) + " port number " + std::to_string(port) +
                           " outside valid range [0..65535]");
  };
  const auto colon = text.find(':');
  const std::string_view low_text = text.substr(0, colon);
  const auto low = parse_integer(low_text);
  if (!low) return std::unexpected("Invalid (low) port number (" + std::string(low_text) + ")");
  if (*low < 0 || *low > kMaxPort) return outside("(Low)", *low);
  if (colon == std::string_view::npos) {
    return PortRange{static_cast<std::uint16_t>(*low), static_cast<std::uint16_t>(*low)};
  }
  const std::string_view high_text = text.substr(colon + 1);
  const auto high = parse_integer(high_text);
  if (!high) return std::unexpected("Invalid high port number (" + std::string(high_text) + ")");
  if (*high < 0 || *high > kMaxPort) return outside("High", *high);
  if (*low > *high) {
    return std::unexpected("Low port " + std::to_string(*low) + " greater than high port " + std::to_string(*high));
  }
  if (*low == 0) return std::unexpected(std::string("Low port 0 incompatible with port ranges"));
  return PortRange{static_cast<std::uint16_t>(*low), static_cast<std::uint16_t>(*high)};
}

std::optional<std::string> server_address(std::string_view ssh_connection) {
  constexpr std::string_view kBlanks = " \t";
  constexpr int kServerField = 2;
  for (int field = 0;; ++field) {
    const auto start = ssh_connection.find_first_not_of(kBlanks);
    if (start == std::string_view::npos) return {};
    ssh_connection.remove_prefix(start);
    const auto word = ssh_connection.substr(0, ssh_connection.find_first_of(kBlanks));
    ssh_connection.remove_prefix(word.size());
    if (field < kServerField) continue;
    const bool mapped = word.size() > kMappedPrefix.size() &&
                        std::ranges::equal(word.substr(0, kMappedPrefix.size()), kMappedPrefix, [](char a, char b) {
                          return std::tolower(static_cast<unsigned char>(a)) == b;
                        });
    return std::string(mapped ? word.substr(kMappedPrefix.size()) : word);
  }
}

std::string_view base_name(std::string_view program) { return program.substr(program.rfind('/') + 1); }

}  // namespace sallyport::server
