// Targets: client::parse_command_line, client::parse_destination, client::split_words, client::parse_ssh_config,
// client::remote_command
// Dictionary: bootstrap_words
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "client/bootstrap/destination.h"
#include "client/bootstrap/options.h"
#include "client/bootstrap/shell_words.h"
#include "client/bootstrap/ssh_config.h"
#include "client/bootstrap/ssh_words.h"

namespace {

using namespace sallyport;

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  for (std::size_t end = 0; end != std::string_view::npos;) {
    end = text.find('\n');
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

/// What the far side's shell makes of our one word is word for word what was asked for.
void check_command(const client::CommandOptions& given) {
  client::CommandOptions options = given;
  options.server = "mosh-server";
  options.source = client::AddressSource::kProxy;  // remote: a statement of its own stands before
  const auto words = client::split_words(client::remote_command(options, "256", Environment()));
  CHECK(words && words->front() == "mosh-server");
  CHECK(words->size() >= options.command.size());
  CHECK(std::ranges::equal(std::span(*words).last(options.command.size()), options.command));
}

void check_host(std::string_view host) {
  CHECK(!host.empty() && host.front() != '-');
  CHECK(host.find_first_of(std::string_view(" \t\r\n\0'\"`$\\;&|<>(){}*?!#~\x1b\x7f", 26)) == std::string_view::npos);
}

}  // namespace

// Words separated by newlines, as a command line; and the whole as --ssh=, as a host and as what `ssh -G` printed. A program
// that ends says why on exactly one of the outputs; what goes on has a checked port and a known mode; a host that is accepted
// means nothing to a shell and is no option; words that were quoted come back.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = text_of(bytes_of(data, size));
  std::vector<std::string_view> words = lines_of(text);
  words.insert(words.begin(), "sallyport");
  const client::CommandOptions options = client::parse_command_line(words, "never");
  if (options.action == client::CommandOptions::Action::kExit) {
    CHECK(options.exit_status == 0 || options.exit_status == client::kUsageError);
    CHECK(options.out.empty() == (options.exit_status != 0) && (options.exit_status == 0 || !options.errors.empty()));
  } else {
    CHECK(options.out.empty() && !options.ssh.empty());
    if (options.port) CHECK(options.port->find_first_not_of("0123456789:") == std::string::npos);
    CHECK(!client::family_word(options.family).empty());
    check_command(options);
  }
  if (const auto destination = client::parse_destination(text)) {
    CHECK(destination->text == text && destination->user + destination->host == text && text.front() != '-');
    check_host(destination->host);
  }
  if (const auto host = client::parse_ssh_config(text)) check_host(host->host_name);
  const auto again = client::split_words(client::single_quoted(text));
  CHECK(again && again->size() == 1 && again->front() == text);
  (void)client::split_words(text);
  return 0;
}
