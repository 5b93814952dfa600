#include "client/bootstrap/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::client {
namespace {

constexpr Duration kGrace = std::chrono::seconds(2);  // ours: ssh restores the terminal and ends within milliseconds

std::vector<char*> pointers(std::span<const std::string> texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

/// Owns what posix_spawn is told.
class SpawnSettings {
 public:
  explicit SpawnSettings(const ChildPlan& plan) {
    (void)::posix_spawn_file_actions_init(&actions_);
    (void)::posix_spawnattr_init(&attributes_);
    const std::array<std::pair<BorrowedFd, int>, 3> places = {
        {{plan.input, STDIN_FILENO}, {plan.output, STDOUT_FILENO}, {plan.errors, STDERR_FILENO}}};
    for (const auto& [source, target] : places) {
      if (source.valid()) keep(::posix_spawn_file_actions_adddup2(&actions_, source.number(), target));
    }
    if (!plan.directory.empty()) keep(::posix_spawn_file_actions_addchdir_np(&actions_, plan.directory.c_str()));
    sigset_t all;
    sigset_t none;
    ::sigfillset(&all);
    ::sigemptyset(&none);
    keep(::posix_spawnattr_setsigdefault(&attributes_, &all));
    keep(::posix_spawnattr_setsigmask(&attributes_, &none));
    keep(::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK));
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    (void)::posix_spawn_file_actions_destroy(&actions_);
    (void)::posix_spawnattr_destroy(&attributes_);
  }

  [[nodiscard]] int error() const { return error_; }
  [[nodiscard]] const posix_spawn_file_actions_t* actions() const { return &actions_; }
  [[nodiscard]] const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  void keep(int error) {
    if (error_ == 0) error_ = error;
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
  int error_ = 0;
};

/// A signal may end a wait early: until the time has really passed.
bool has_ended(BorrowedFd pidfd, Duration within) {
  const SystemClock clock;
  const TimePoint end = clock.now() + within;
  for (;;) {
    std::array<pollfd, 1> entries{pollfd{pidfd.number(), POLLIN, 0}};
    const Duration left = end - clock.now();
    const auto ready = sys::ppoll(entries, left);
    if (!ready || *ready == 1 || left <= Duration::zero()) return ready && *ready == 1;
  }
}

}  // namespace

Result<Child, SystemError> Child::start(const ChildPlan& plan) {
  const SpawnSettings settings(plan);
  if (settings.error() != 0) return std::unexpected(SystemError{"posix_spawn", settings.error()});
  const std::vector<char*> words = pointers(plan.words);
  const std::vector<char*> environment = pointers(plan.environment);
  pid_t pid = 0;
  const int error =
      ::posix_spawnp(&pid, words.front(), settings.actions(), settings.attributes(), words.data(), environment.data());
  if (error != 0) return std::unexpected(SystemError{"posix_spawn", error});
  // It is ours and not collected, so the number is still its own.
  UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0U)));
  if (!pidfd.valid()) {
    const int number = errno;
    ::kill(pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return std::unexpected(SystemError{"pidfd_open", number});
  }
  return Child(std::move(pidfd), pid);
}

Child::~Child() { end(); }

std::optional<sys::ExitStatus> Child::wait(Duration limit) {
  if (!pidfd_.valid() || !has_ended(pidfd_, limit)) return {};
  const auto status = sys::reap(pidfd_);
  pidfd_.reset();
  return status;
}

void Child::end() {
  if (!pidfd_.valid()) return;
  (void)sys::kill(pidfd_, SIGTERM);
  (void)sys::kill(pidfd_, SIGCONT);  // a stopped one would not notice
  if (!wait(kGrace) && pidfd_.valid()) {
    (void)sys::kill(pidfd_, SIGKILL);
    while (!has_ended(pidfd_, kGrace)) {
    }
    (void)sys::reap(pidfd_);
  }
  pidfd_.reset();
}

Result<Captured, SystemError> capture(ChildPlan plan, std::size_t max_bytes, Duration limit, const Clock& clock) {
  sys::Pipe pipe = TRY(sys::pipe());
  plan.output = pipe.writer;
  Child child = TRY(Child::start(plan));
  pipe.writer.reset();
  const TimePoint end = clock.now() + limit;
  Captured out;
  std::array<std::byte, 4096> piece{};
  for (;;) {
    std::array<pollfd, 1> entries{pollfd{pipe.reader.borrow().number(), POLLIN, 0}};
    const Duration left = end - clock.now();
    if (left <= Duration::zero()) return std::unexpected(SystemError{"read", ETIMEDOUT});
    if (TRY(sys::ppoll(entries, left)) == 0) continue;
    const std::size_t n = TRY(sys::read(pipe.reader, piece));
    if (n == 0) break;
    out.text += text_of(std::span(piece).first(n));
    if (out.text.size() > max_bytes) return std::unexpected(SystemError{"read", EMSGSIZE});
  }
  const auto status = child.wait(end - clock.now());
  if (!status) return std::unexpected(SystemError{"wait", ETIMEDOUT});
  out.status = *status;
  return out;
}

}  // namespace sallyport::client
