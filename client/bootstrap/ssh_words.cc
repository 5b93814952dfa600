#include "client/bootstrap/ssh_words.h"

#include <algorithm>
#include <array>

#include "client/bootstrap/shell_words.h"

namespace sallyport::client {
namespace {

// spec: command line 3.6, in this order
constexpr std::array<std::string_view, 15> kLocaleNames = {
    "LANG",       "LANGUAGE",     "LC_CTYPE",       "LC_NUMERIC",        "LC_TIME",
    "LC_COLLATE", "LC_MONETARY",  "LC_MESSAGES",    "LC_PAPER",          "LC_NAME",
    "LC_ADDRESS", "LC_TELEPHONE", "LC_MEASUREMENT", "LC_IDENTIFICATION", "LC_ALL"};

// spec: command line 3.6. The newline in front ends what type-ahead may have been echoed.
constexpr std::string_view kTellConnection =
    R"(sh -c '[ -n "$SSH_CONNECTION" ] && printf "\nMOSH SSH_CONNECTION %s\n" "$SSH_CONNECTION"' ; )";

// ours: the first server that is there, in PATH or where package managers put it that a non-interactive PATH often
// lacks (section 5, row 7), and which one it is. Without quotes, "!" and newlines, so that every shell passes it on as
// one word.
constexpr std::string_view kFindServer =
    R"(sh -c 'for s in sallyport-server mosh-server; do for d in "" /usr/local/bin/ /opt/homebrew/bin/ /opt/local/bin/; do )"
    R"(if command -v "$d$s" >/dev/null 2>&1; then echo "SALLYPORT SERVER $s"; exec "$d$s" "$@"; fi; done; done; )"
    R"(echo "SALLYPORT SERVER none"; exit 127' sh)";

void add(std::string& command, std::string_view word) {
  command += ' ';
  command += single_quoted(word);
}

/// "'new' ..." and what follows, with a blank in front.
std::string server_arguments(const CommandOptions& options, std::string_view colours, const Environment& environment) {
  std::string out;
  add(out, "new");
  add(out, "-c");
  add(out, colours);
  if (options.bind_server == "ssh" && !options.local) {
    add(out, "-s");
  } else if (options.bind_server != "any") {
    add(out, "-i");
    add(out, options.bind_server == "ssh" ? std::string_view(options.host) : std::string_view(options.bind_server));
  }
  if (options.port) {
    add(out, "-p");
    add(out, *options.port);
  }
  for (const std::string_view name : kLocaleNames) {
    const auto value = environment.get(name);
    if (!value) continue;
    add(out, "-l");
    add(out, std::string(name) + "=" + std::string(*value));
  }
  if (!options.command.empty()) add(out, "--");
  for (const std::string& word : options.command) add(out, word);
  return out;
}

/// For ProxyCommand, in which ssh expands "%" and /bin/sh reads the rest.
std::string fake_proxy_command(FamilyChoice family, std::string_view own_path) {
  std::string path;
  for (const char c : own_path) path += c == '%' ? std::string("%%") : std::string(1, c);
  return "ProxyCommand=" + single_quoted(path) + " " + single_quoted("--family=" + std::string(family_word(family))) +
         " --fake-proxy -- %h %p";
}

}  // namespace

std::vector<std::string> ssh_words(const CommandOptions& options, Connection connection, std::string_view destination,
                                   std::string_view own_path, std::string_view remote_command) {
  std::vector<std::string> words = options.ssh;
  words.emplace_back("-n");
  if (options.ssh_pty) words.emplace_back("-tt");
  if (connection == Connection::kSshsFamily && options.family == FamilyChoice::kInet) words.emplace_back("-4");
  if (connection == Connection::kSshsFamily && options.family == FamilyChoice::kInet6) words.emplace_back("-6");
  if (connection == Connection::kFakeProxy) {
    const std::string proxy = fake_proxy_command(options.family, own_path);
    words.insert(words.end(), {"-S", "none", "-o", proxy});
  }
  words.insert(words.end(), {std::string(destination), "--", std::string(remote_command)});
  return words;
}

std::vector<std::string> ssh_query_words(const CommandOptions& options, std::string_view destination) {
  std::vector<std::string> words = options.ssh;
  words.insert(words.end(), {"-G", "--", std::string(destination)});
  return words;
}

std::string remote_command(const CommandOptions& options, std::string_view colours, const Environment& environment) {
  std::string out(options.source == AddressSource::kRemote ? kTellConnection : "");
  out += options.server ? std::string_view(*options.server) : kFindServer;
  return out + server_arguments(options, colours, environment);
}

std::string local_command(const CommandOptions& options, std::string_view colours, const Environment& environment,
                          std::string_view server) {
  return std::string(options.server ? std::string_view(*options.server) : server) +
         server_arguments(options, colours, environment);
}

}  // namespace sallyport::client
