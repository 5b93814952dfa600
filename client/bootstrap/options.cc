#include "client/bootstrap/options.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "base/sys/udp.h"
#include "client/bootstrap/option_table.h"
#include "client/bootstrap/ports.h"
#include "client/bootstrap/shell_words.h"

namespace sallyport::client {
namespace {

constexpr std::array<std::string_view, 4> kPredictModes = {"adaptive", "always", "never", "experimental"};  // spec: 3.1
constexpr std::array<std::pair<std::string_view, FamilyChoice>, 6> kFamilies = {
    {{"inet", FamilyChoice::kInet},
     {"inet6", FamilyChoice::kInet6},
     {"auto", FamilyChoice::kAuto},
     {"all", FamilyChoice::kAll},
     {"prefer-inet", FamilyChoice::kPreferInet},
     {"prefer-inet6", FamilyChoice::kPreferInet6}}};
constexpr std::array<std::pair<std::string_view, AddressSource>, 3> kSources = {
    {{"proxy", AddressSource::kProxy}, {"remote", AddressSource::kRemote}, {"local", AddressSource::kLocal}}};

std::string lower_case(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

template <typename Table>
auto value_in(const Table& table, std::string_view word) {
  const auto found = std::ranges::find(table, word, [](const auto& entry) { return entry.first; });
  return found == table.end() ? std::nullopt : std::optional(found->second);
}

/// Reads the words from left to right: options wherever they stand before the first "--", operands between them.
class Reader {
 public:
  Reader(CommandOptions& out, std::string_view program) : out_(out), program_(program) {}

  void read(std::span<const std::string_view> words) {
    words_ = words;
    while (!words_.empty() && !failed_) {
      const std::string_view word = take();
      if (word == "--") {
        for (const std::string_view rest : words_) operand(rest);
        return;
      }
      if (word.size() > 1 && word.front() == '-') {
        option(word);
      } else {
        operand(word);
      }
    }
  }

  [[nodiscard]] bool failed() const { return failed_; }
  [[nodiscard]] bool has_host() const { return has_host_; }
  [[nodiscard]] bool wants_help() const { return wants_help_; }
  [[nodiscard]] bool wants_version() const { return wants_version_; }
  [[nodiscard]] const std::optional<std::string>& predict() const { return predict_; }

  void complain(const std::string& complaint) {
    out_.errors += program_ + ": " + complaint + "\n";
    failed_ = true;
  }

 private:
  std::string_view take() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  void operand(std::string_view word) {
    if (std::exchange(has_host_, true)) {
      out_.command.emplace_back(word);
    } else {
      out_.host = word;
    }
  }

  void option(std::string_view word) {
    std::string_view name = word.substr(word.starts_with("--") ? 2 : 1);
    std::optional<std::string_view> value;
    if (const auto equals = name.find('='); equals != std::string_view::npos) {
      value = name.substr(equals + 1);
      name = name.substr(0, equals);
    }
    if (has_host_) {  // section 5, row 27
      out_.errors += program_ + ": Option " + std::string(word) + " was read by " + program_ +
                     ". Put -- before the remote command.\n";
    }
    const auto found = find_option(name);
    if (!found) return complain(found.error());
    if (!found->takes_value) {
      if (value) return complain("Option " + std::string(name) + " does not take an argument");
      return flag(found->id, found->negated);
    }
    if (!value && !words_.empty()) value = take();
    if (!value || value->empty()) return complain("Option " + std::string(name) + " requires an argument");
    with_value(found->id, *value);
  }

  void flag(OptionId id, bool negated) {
    switch (id) {
      case OptionId::kAlways:
        predict_ = "always";
        break;
      case OptionId::kNever:
        predict_ = "never";
        break;
      case OptionId::kOverwrite:
        out_.overwrite = !negated;
        break;
      case OptionId::kInet:
        out_.family = FamilyChoice::kInet;
        break;
      case OptionId::kInet6:
        out_.family = FamilyChoice::kInet6;
        break;
      case OptionId::kSshPty:
        out_.ssh_pty = !negated;
        break;
      case OptionId::kInit:
        out_.term_init = !negated;
        break;
      case OptionId::kLocal:
        out_.local = true;
        break;
      case OptionId::kFakeProxy:
        out_.action = CommandOptions::Action::kFakeProxy;
        break;
      case OptionId::kHelp:
        wants_help_ = true;
        break;
      case OptionId::kVersion:
        wants_version_ = true;
        break;
      case OptionId::kVerbose:
        out_.verbose = true;
        break;
      case OptionId::kClient:
      case OptionId::kServer:
      case OptionId::kPredict:
      case OptionId::kFamily:
      case OptionId::kPort:
      case OptionId::kBindServer:
      case OptionId::kSsh:
      case OptionId::kRemoteIp:
        break;  // with_value()
    }
  }

  void with_value(OptionId id, std::string_view value) {
    switch (id) {
      case OptionId::kClient:
        out_.client = value;
        break;
      case OptionId::kServer:
        out_.server = value;
        break;
      case OptionId::kPredict:
        predict_ = value;
        break;
      case OptionId::kPort:
        out_.port = value;
        break;
      case OptionId::kFamily:
        family(value);
        break;
      case OptionId::kBindServer:
        bind_server(value);
        break;
      case OptionId::kSsh:
        ssh(value);
        break;
      case OptionId::kRemoteIp:
        source(value);
        break;
      case OptionId::kAlways:
      case OptionId::kNever:
      case OptionId::kOverwrite:
      case OptionId::kInet:
      case OptionId::kInet6:
      case OptionId::kSshPty:
      case OptionId::kInit:
      case OptionId::kLocal:
      case OptionId::kFakeProxy:
      case OptionId::kHelp:
      case OptionId::kVersion:
      case OptionId::kVerbose:
        break;  // flag()
    }
  }

  void family(std::string_view value) {
    const auto found = value_in(kFamilies, lower_case(value));
    if (!found) return complain("Unknown address family \"" + std::string(value) + "\"");
    out_.family = *found;
  }

  void source(std::string_view value) {
    const auto found = value_in(kSources, value);
    if (!found) return complain("Unknown parameter " + std::string(value));
    out_.source = *found;
  }

  void bind_server(std::string_view value) {
    const std::string lower = lower_case(value);
    if (lower == "ssh" || lower == "any") {
      out_.bind_server = lower;
    } else if (sys::parse_address(value)) {
      out_.bind_server = value;
    } else {
      complain("--bind-server: \"" + std::string(value) + "\" is not ssh, any or a numeric address");
    }
  }

  void ssh(std::string_view value) {
    auto words = split_words(value);
    if (!words || words->empty()) return complain("--ssh: \"" + std::string(value) + "\" is not a list of shell words");
    out_.ssh = std::move(*words);
  }

  CommandOptions& out_;
  std::string program_;
  std::span<const std::string_view> words_;
  std::optional<std::string> predict_;
  bool failed_ = false;
  bool has_host_ = false;
  bool wants_help_ = false;
  bool wants_version_ = false;
};

/// How to predict: the option first, else the environment (3.1). False: a complaint was made.
bool settle_prediction(CommandOptions& out, Reader& reader, std::optional<std::string_view> environment) {
  if (reader.predict()) {
    out.predict = *reader.predict();
  } else if (environment) {
    out.predict = *environment;
  }
  if (std::ranges::find(kPredictModes, out.predict) != kPredictModes.end()) return true;
  const char* where = reader.predict() ? "" : " (MOSH_PREDICTION_DISPLAY in environment)";
  reader.complain("Unknown mode \"" + out.predict + "\"" + where + ".");
  return false;
}

void leave(CommandOptions& out, int status, const std::string& text) {
  out.action = CommandOptions::Action::kExit;
  out.exit_status = status;
  (status == 0 ? out.out : out.errors) += text;
}

}  // namespace

CommandOptions parse_command_line(std::span<const std::string_view> words, std::optional<std::string_view> prediction) {
  CommandOptions out;
  const std::string_view program = program_name(words.empty() ? "sallyport" : words.front());
  Reader reader(out, program);
  reader.read(words.empty() ? words : words.subspan(1));
  const std::string usage = command_usage(program);
  if (reader.failed()) {
    leave(out, kUsageError, usage);
  } else if (reader.wants_help()) {
    leave(out, 0, command_help(program));
  } else if (reader.wants_version()) {
    leave(out, 0, command_version(program));
  } else if (out.action == CommandOptions::Action::kFakeProxy) {
    if (out.command.size() != 1) leave(out, kUsageError, usage);
  } else if (!settle_prediction(out, reader, prediction)) {
    leave(out, kUsageError, "\n" + usage);
  } else if (const auto complaint = out.port ? port_complaint(*out.port) : std::nullopt) {
    reader.complain(*complaint);
    leave(out, kUsageError, "");
  } else if (!reader.has_host()) {
    leave(out, kUsageError, usage);
  }
  return out;
}

std::string_view family_word(FamilyChoice family) {
  const auto found = std::ranges::find(kFamilies, family, [](const auto& entry) { return entry.second; });
  return found->first;
}

std::string_view program_name(std::string_view program) { return program.substr(program.rfind('/') + 1); }

}  // namespace sallyport::client
