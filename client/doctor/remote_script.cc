#include "client/doctor/remote_script.h"

#include <algorithm>
#include <array>

#include "client/bootstrap/shell_words.h"

namespace sallyport::client {
namespace {

constexpr std::string_view kMark = "DOCTOR ";
constexpr std::size_t kMaxValueBytes = 4096;
constexpr std::array<std::string_view, 14> kNames = {"connection",  "locale", "locales", "system", "sallyport-server",
                                                     "mosh-server", "place",  "sandbox", "busy",   "linger",
                                                     "ready",       "failed", "seen",    "stopped"};

// No newline and no "!": a login shell may be csh. Inside single quotes when it arrives, so: no single quote either,
// where that can be avoided.
constexpr const char* kFacts =
    R"~(say() { printf "DOCTOR %s\n" "$*"; }; )~"
    R"~(printf "\n"; )~"
    R"~(say connection "$SSH_CONNECTION"; )~"
    R"~(say system "$(uname -sr 2>/dev/null)"; )~"
    R"~(say locale "$(locale charmap 2>/dev/null) LANG=$LANG LC_ALL=$LC_ALL"; )~"
    R"~(say locales "$(locale -a 2>/dev/null | grep -i utf | head -n 40 | tr "\n" " ")"; )~"
    R"~(for s in sallyport-server mosh-server; do p=$(command -v $s 2>/dev/null) && say $s "$p: $($s --version 2>&1 | head -n 1)"; done; )~"
    R"~(for d in /usr/local/bin /opt/homebrew/bin /opt/local/bin "$HOME/.local/bin" "$HOME/bin"; do for s in sallyport-server mosh-server; do test -x "$d/$s" && say place "$d/$s"; done; done; )~"
    R"~(say busy "$( (ss -Huln || netstat -uln) 2>/dev/null | grep -c ":60[0-9][0-9][0-9] ")"; )~"
    R"~(say linger "$(grep -s "^KillUserProcesses=yes" /etc/systemd/logind.conf) $(loginctl show-user "$(id -un)" -p Linger 2>/dev/null)"; )~";

// `seen` is made by the session's program, which a server starts only when the first datagram of a client has arrived.
// For each line that it is sent the program prints noise, which no compression makes small.
constexpr const char* kObey =
    R"~(d=; pid=; stop() { test -n "$pid" && kill "$pid" 2>/dev/null && { sleep 1; kill -9 "$pid" 2>/dev/null; }; pid=; test -n "$d" && rm -rf "$d"; d=; }; )~"
    R"~(trap "stop; exit 1" HUP INT TERM PIPE; say ready; )~"
    R"~(while read -r word; do case $word in )~"
    R"~(start) d=$(mktemp -d "${TMPDIR:-/tmp}/doctor.XXXXXX") || { say failed no folder; continue; }; )~"
    R"~(start_server 2>"$d/errors" || { head -n 20 "$d/errors"; say failed $?; continue; }; )~"
    R"~(pid=$(sed -n "s/.*detached, pid = \([0-9]*\)].*/\1/p" "$d/errors" | head -n 1);; )~"
    R"~(seen) if test -e "$d/seen"; then say seen yes; else say seen no; fi;; )~"
    R"~(stop) if test -n "$pid" && kill -0 "$pid" 2>/dev/null; then stop; say stopped by force; else stop; say stopped by itself; fi; exit 0;; )~"
    R"~(esac; done; stop)~";

constexpr const char* kProgram = R"(: > "$0/seen"; while read x; do od -An -tx1 -N 3000 /dev/urandom; done)";

std::string double_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\' || c == '$' || c == '`') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace

std::string remote_script(const CommandOptions& options, const std::vector<std::string>& locale) {
  std::string words = "new -c 256";
  if (options.bind_server == "ssh") words += " -s";
  if (options.bind_server != "ssh" && options.bind_server != "any")
    words += " -i " + double_quoted(options.bind_server);
  if (options.port) words += " -p " + double_quoted(*options.port);
  for (const std::string& assignment : locale) words += " -l " + double_quoted(assignment);
  words += " -- /bin/sh -c " + double_quoted(kProgram) + " \"$d\"";
  const std::string server =
      options.server ? *options.server
                     : std::string("$(command -v sallyport-server || command -v mosh-server || echo mosh-server)");
  const std::string ours = options.server ? *options.server : std::string("sallyport-server");
  const std::string script = std::string(kFacts) + "say sandbox \"$(" + ours +
                             " sandbox-report --json 2>/dev/null | head -c 3000)\"; " + "start_server() { " + server +
                             " " + words + " </dev/null; }; " + kObey;
  return "sh -c " + single_quoted(script);
}

bool take_fact(std::string_view line, RemoteFacts& facts) {
  if (!line.starts_with(kMark)) return false;
  line.remove_prefix(kMark.size());
  const std::string_view name = line.substr(0, line.find(' '));
  if (std::ranges::find(kNames, name) == kNames.end()) return false;
  line.remove_prefix(std::min(line.size(), name.size() + 1));
  facts[std::string(name)] = line.substr(0, kMaxValueBytes);
  return true;
}

}  // namespace sallyport::client
