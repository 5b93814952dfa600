#include <fcntl.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <span>

#include "base/byte_reader.h"
#include "base/byte_writer.h"
#include "base/sys/io.h"
#include "privsep/arrange.h"
#include "privsep/channel.h"
#include "privsep/descriptors.h"
#include "sandbox/apply.h"
#include "sandbox/report.h"

namespace sallyport::sandbox {
namespace {

/// The answer: the three integers of the child's report.
constexpr std::size_t kAnswerBytes = 3 * sizeof(std::uint64_t);
constexpr BorrowedFd kAnswer{3};
/// Out of the way of the child's own numbers.
constexpr int kAside = 64;

constexpr Row kRows[] = {
    {SCMP_SYS(sendmsg), "sendmsg", 0, {kAnswer}, {}, "the answer", "ProbeHost.FindsWhatThisHostHas"},
    {SCMP_SYS(exit_group), "exit_group", 0, {}, {}, "an end where filters do not work",
     "ProbeHost.FindsWhatThisHostHas"},
};
constexpr DescriptorRule kDescriptors[] = {
    {privsep::kStdin, DescriptorKind::kNull, Presence::kRequired, "standard input"},
    {privsep::kStdout, DescriptorKind::kNull, Presence::kRequired, "standard output"},
    {privsep::kStderr, DescriptorKind::kNull, Presence::kRequired, "standard error"},
    {kAnswer, DescriptorKind::kChannel, Presence::kRequired, "answer"},
};
/// Like net's in every mechanism, with as little as possible in it.
constexpr Policy kProbe = {
    .name = "probe",
    .process_name = "sallyport-probe",
    .budget = 2,
    .rows = kRows,
    .descriptors = kDescriptors,
    .limits = {.address_space_bytes = std::uint64_t{1} << 30U},
};

void answer(const privsep::Channel& channel, const Report& report) {
  std::array<std::byte, kAnswerBytes> bytes{};
  ByteWriter writer(bytes);
  for (const auto value : report.to_log_values()) writer.little_endian(value);
  (void)channel.send(writer.written());
}

/// Only the answer channel, at its number, and the null device.
bool settle_descriptors(BorrowedFd channel) {
  const int aside = ::fcntl(channel.number(), F_DUPFD_CLOEXEC, kAside);
  if (aside < 0 || ::dup3(aside, kAnswer.number(), O_CLOEXEC) < 0) return false;
  privsep::close_all_except(std::span(&kAnswer, 1));
  return privsep::point_at_null(privsep::kStdin) && privsep::point_at_null(privsep::kStdout) &&
         privsep::point_at_null(privsep::kStderr);
}

/// Memory as crypto/protected_memory.cc asks for it, and of which the child's end frees the kernel.
KeyMemory try_key_memory() {
#ifdef SYS_memfd_secret
  constexpr std::size_t kBytes = std::size_t{64} << 10U;
  const UniqueFd fd(static_cast<int>(::syscall(SYS_memfd_secret, O_CLOEXEC)));
  if (fd.valid() && ::ftruncate(fd.borrow().number(), kBytes) == 0 &&
      ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd.borrow().number(), 0) != MAP_FAILED) {
    return KeyMemory::kSecret;
  }
#endif
  return KeyMemory::kOrdinary;
}

/// The child: confines itself, says how far it came, and then does what the filter must not let pass.
[[noreturn]] void be_confined(BorrowedFd channel, privsep::NamespaceSet namespaces) {
  if (!settle_descriptors(channel)) ::_exit(1);
  const privsep::Channel out{UniqueFd(kAnswer.number())};
  const Options options{.parent = kAnswer, .namespaces = namespaces, .key_memory = try_key_memory()};
  Report reached;
  const auto begun = begin(kProbe, options);
  if (begun) reached = *begun;
  const auto done = begun ? lock_down(kProbe, options, *begun) : begun;
  if (done) {
    reached = *done;
  } else {
    reached.missing.add(done.error().mechanism);
  }
  answer(out, reached);
  if (done) ::syscall(SYS_getppid);
  ::_exit(0);
}

/// The child's report and how it ended: killed by the filter means that seccomp works.
Report read_answer(const privsep::Channel& channel, pid_t child) {
  pollfd entry{channel.fd().number(), POLLIN, 0};
  while (sys::ppoll(std::span(&entry, 1), std::nullopt).value_or(1) == 0) {
  }
  std::array<std::byte, kAnswerBytes> bytes{};
  std::array<std::uint64_t, 3> values{};
  Report report;
  if (const auto record = channel.receive(bytes)) {
    ByteReader reader(*record);
    for (auto& value : values) value = reader.little_endian<std::uint64_t>();
    report = Report::from_log_values(values);
  }
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
  if (!killed) {
    MechanismSet active = report.active;
    report.active = MechanismSet(active.bits() & ~(1U << static_cast<unsigned>(Mechanism::kSeccomp)));
    if (report.missing.empty() || active.has(Mechanism::kSeccomp)) report.missing.add(Mechanism::kSeccomp);
  }
  return report;
}

}  // namespace

Result<Report, SystemError> probe_host() {
  const privsep::NamespaceSet namespaces = privsep::probe_namespaces();
  auto pair = TRY(privsep::make_channel_pair());
  const pid_t child = ::fork();
  if (child < 0) return std::unexpected(SystemError{"fork", errno});
  if (child == 0) {
    // The other end must be closed before the parent is looked for at it.
    pair.first.reset();
    be_confined(pair.second, namespaces);
  }
  pair.second.reset();
  return read_answer(privsep::Channel(std::move(pair.first)), child);
}

}  // namespace sallyport::sandbox
