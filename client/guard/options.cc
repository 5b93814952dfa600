#include "client/guard/options.h"

#include <netinet/in.h>

#include <algorithm>
#include <cstring>

#include "base/decimal.h"
#include "base/sys/udp.h"

namespace sallyport::client {
namespace {

constexpr int kFailure = 1;  // spec: command line 2.1
constexpr std::string_view kSandboxReport = "sandbox-report";
constexpr std::string_view kRequireSandbox = "--require-sandbox";
constexpr std::string_view kKeyFd = "--key-fd=";
/// ours: a descriptor's number, far above any limit on their number.
constexpr int kMaxKeyFd = 1 << 20;

void leave(Options& out, const std::string& text, int status = kFailure) {
  if (out.action == Options::Action::kExit) return;  // the first complaint stays
  out.action = Options::Action::kExit;
  out.exit_status = status;
  (status == 0 ? out.out : out.errors) += text;
}

/// Options anywhere among the operands, as getopt reads them.
class Reader {
 public:
  Reader(Options& out, std::string_view program, std::string_view version)
      : out_(out), program_(program), version_(version) {}

  std::vector<std::string_view> operands;

  void read(std::span<const std::string_view> words) {
    for (words_ = words; !words_.empty();) {
      const std::string_view word = next();
      if (word == "--") {
        operands.insert(operands.end(), words_.begin(), words_.end());
        return;
      }
      if (word.starts_with("--")) {
        long_option(word);
      } else if (word.size() > 1 && word.front() == '-') {
        letters(word.substr(1));
      } else {
        operands.push_back(word);
      }
    }
  }

  void complain(const std::string& what) {
    leave(out_, std::string(program_) + ": " + what + "\n\n" + version_text(program_, version_) + usage_line(program_));
  }

 private:
  std::string_view next() {
    const std::string_view word = words_.front();
    words_ = words_.subspan(1);
    return word;
  }

  void letters(std::string_view rest) {
    for (; !rest.empty(); rest.remove_prefix(1)) {
      if (rest.front() == '#') {  // the wrapper's command line, for ps
        if (rest.size() == 1 && words_.empty()) return complain("option requires an argument -- '#'");
        if (rest.size() == 1) (void)next();
        return;
      }
      if (rest.front() == 'c') {
        if (out_.action == Options::Action::kSession) out_.action = Options::Action::kColors;
      } else if (rest.front() == 'v') {
        out_.verbose = true;
      } else {
        return complain("invalid option -- '" + std::string(1, rest.front()) + "'");
      }
    }
  }

  void long_option(std::string_view word) {
    if (word == "--no-clipboard") {
      out_.clipboard = false;
    } else if (word == "--json") {
      out_.report_as_json = true;
    } else if (word.starts_with(kKeyFd)) {
      const auto number = parse_decimal<std::uint32_t>(word.substr(kKeyFd.size()));
      if (!number || *number < 3 || *number > kMaxKeyFd)
        return complain(std::string(word) + ": no number of a descriptor from 3 on");
      out_.key_fd = static_cast<int>(*number);
    } else if (word.starts_with(kRequireSandbox)) {
      const std::string_view value = word.substr(kRequireSandbox.size());
      if (value != "=full" && value != "=available")
        return complain(std::string(word) + ": use --require-sandbox=full or =available");
      out_.sandbox = value == "=full" ? sandbox::Requirement::kFull : sandbox::Requirement::kMandatory;
    } else {
      complain("unrecognized option '" + std::string(word) + "'");
    }
  }

  Options& out_;
  std::string_view program_;
  std::string_view version_;
  std::span<const std::string_view> words_;
};

void read_addresses(Options& out, std::string_view text) {
  out.address_text = text;
  for (bool more = true; more;) {
    const auto comma = text.find(',');
    const std::string_view one = text.substr(0, comma);
    const auto address = parse_server_address(one);
    if (!address) {
      return leave(
          out, "Network exception: Bad IP address (" + std::string(one) + "): not a numeric IPv4 or IPv6 address\n");
    }
    if (out.addresses.size() == kMaxServerAddresses) return leave(out, "Network exception: more than 8 addresses\n");
    if (std::ranges::find(out.addresses, *address) == out.addresses.end()) out.addresses.push_back(*address);
    more = comma != std::string_view::npos;
    if (more) text.remove_prefix(comma + 1);
  }
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  while (text.size() > 1 && text.front() == '0') text.remove_prefix(1);
  const auto port = parse_decimal<std::uint16_t>(text);
  return port == 0 ? std::nullopt : port;
}

}  // namespace

Options parse_options(std::span<const std::string_view> words, std::string_view version) {
  Options out;
  const std::string_view program = words.empty() ? "sallyport-client" : words.front();
  if (!words.empty()) words = words.subspan(1);
  const auto before = words.first(static_cast<std::size_t>(std::ranges::find(words, "--") - words.begin()));
  for (const std::string_view word : before) {
    if (word == "--help") leave(out, help_text(program), 0);
    if (word == "--version") leave(out, version_text(program, version), 0);
  }
  Reader reader(out, program, version);
  reader.read(words);
  const auto& operands = reader.operands;
  if (out.action == Options::Action::kSession && operands.size() == 1 && operands[0] == kSandboxReport) {
    out.action = Options::Action::kSandboxReport;
  }
  if (out.action != Options::Action::kSession) return out;
  if (operands.size() != 2) {
    leave(out, version_text(program, version) + usage_line(program));
    return out;
  }
  if (const auto port = parse_port(operands[1])) {
    out.port = *port;
    read_addresses(out, operands[0]);
  } else {
    reader.complain("Bad UDP port (" + std::string(operands[1]) + ")");
  }
  return out;
}

std::optional<ServerAddress> parse_server_address(std::string_view text) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  const auto parsed = sys::parse_address(text);
  if (!parsed) return {};
  ServerAddress address;
  if (parsed->family() == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &parsed->storage, sizeof in);
    std::memcpy(address.bytes.data(), &in.sin_addr, sizeof in.sin_addr);
    return address;
  }
  sockaddr_in6 in6{};
  std::memcpy(&in6, &parsed->storage, sizeof in6);
  std::memcpy(address.bytes.data(), &in6.sin6_addr, address.bytes.size());
  if (std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) {
    ServerAddress mapped;
    std::copy_n(address.bytes.begin() + kMapped.size(), 4, mapped.bytes.begin());
    return mapped;
  }
  address.ipv6 = true;
  address.scope = in6.sin6_scope_id;
  return address;
}

}  // namespace sallyport::client
