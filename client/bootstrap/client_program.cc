#include "client/bootstrap/client_program.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/bytes.h"
#include "base/secret_bytes.h"
#include "base/sys/io.h"
#include "client/bootstrap/child.h"

namespace sallyport::client {
namespace {

constexpr std::string_view kOurs = "sallyport-client";
constexpr std::string_view kKeyVariable = "MOSH_KEY=";  // spec: command line 2.1
constexpr std::size_t kMaxColoursBytes = 4096;          // ours: a number, or a complaint that is not read
constexpr Duration kColoursLimit = std::chrono::seconds(20);
constexpr int kFirstFreeNumber = 3;

std::string with_reason(const std::string& what, const SystemError& error) {
  return what + ": " + std::strerror(error.number);
}

/// The reading end of a pipe that holds the key and no more, for the client to inherit.
Result<UniqueFd, SystemError> key_descriptor(std::string_view key) {
  sys::Pipe pipe = TRY(sys::pipe());
  (void)TRY(sys::write(pipe.writer, bytes_of(key)));  // a pipe takes 4096 bytes whole
  UniqueFd inherited(::fcntl(pipe.reader.borrow().number(), F_DUPFD, kFirstFreeNumber));
  if (!inherited.valid()) return std::unexpected(SystemError{"fcntl", errno});
  return inherited;
}

void become(const std::string& path, const std::vector<std::string>& words, const std::vector<std::string>& environment,
            char* key_assignment) {
  std::vector<char*> argv;
  std::vector<char*> envp;
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  for (const std::string& assignment : environment) envp.push_back(const_cast<char*>(assignment.c_str()));
  if (key_assignment != nullptr) envp.push_back(key_assignment);
  argv.push_back(nullptr);
  envp.push_back(nullptr);
  (void)::execvpe(path.c_str(), argv.data(), envp.data());
}

}  // namespace

ClientProgram find_client(const CommandOptions& options, const std::string& own_directory) {
  if (options.client) return {*options.client, program_name(*options.client) == kOurs};
  const std::string beside = own_directory + "/" + std::string(kOurs);
  return {::access(beside.c_str(), X_OK) == 0 ? beside : std::string(kOurs), true};
}

Result<std::string, std::string> count_colours(const ClientProgram& client, const Environment& environment) {
  const std::vector<std::string> words = {client.path, "-c"};
  const SystemClock clock;
  const auto printed =
      capture({words, environment.assignments(), {}, {}, {}, {}}, kMaxColoursBytes, kColoursLimit, clock);
  if (!printed) return std::unexpected(with_reason("Can't count colors: " + client.path, printed.error()));
  if (printed->status.killed || printed->status.number != 0) {  // section 5, row 18
    const auto term = environment.get("TERM");
    if (!term || term->empty())
      return std::unexpected("TERM is not set; it should name your terminal's type, as TERM=xterm-256color.");
    return std::unexpected("Terminal type " + std::string(*term) + " is not in the local terminfo database.");
  }
  std::string_view text = printed->text;
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const bool digits = !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
  return digits ? std::string(text) : "0";  // such as -1
}

std::vector<std::string> client_words(const ClientProgram& client, const SessionPlace& place,
                                      std::optional<BorrowedFd> key_fd) {
  std::vector<std::string> words = {client.path};
  if (key_fd) words.push_back("--key-fd=" + std::to_string(key_fd->number()));
  words.push_back("-# " + place.original_words + " |");
  std::string addresses;
  for (const std::string& address : place.addresses) addresses += (addresses.empty() ? "" : ",") + address;
  words.push_back(client.ours ? addresses : place.addresses.front());
  words.push_back(place.port);
  return words;
}

void set_client_environment(Environment& environment, const CommandOptions& options) {
  environment.set("MOSH_PREDICTION_DISPLAY", options.predict);
  if (options.overwrite) environment.set("MOSH_PREDICTION_OVERWRITE", "yes");
  if (!options.term_init) environment.set("MOSH_NO_TERM_INIT", "1");
}

SystemError become_client(const ClientProgram& client, const SessionPlace& place, const Environment& environment) {
  if (client.ours) {
    const auto key_fd = key_descriptor(place.key);
    if (!key_fd) return key_fd.error();
    become(client.path, client_words(client, place, key_fd->borrow()), environment.assignments(), nullptr);
    return {"execve", errno};
  }
  SecretBytes assignment;
  assignment.reserve(kKeyVariable.size() + place.key.size() + 1);
  for (const std::string_view part : {kKeyVariable, place.key, std::string_view("\0", 1)}) {
    assignment.insert(assignment.end(), bytes_of(part).begin(), bytes_of(part).end());
  }
  become(client.path, client_words(client, place, {}), environment.assignments(),
         reinterpret_cast<char*>(assignment.data()));
  return {"execve", errno};
}

}  // namespace sallyport::client
