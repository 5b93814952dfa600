#include "crypto/protected_memory.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

#include "crypto/boringssl_memory.h"
#include "crypto/datagram_cipher.h"
#include "crypto/session_key.h"

namespace sallyport::crypto {
namespace {

SessionKey some_key() { return std::move(*SessionKey::parse("AAECAwQFBgcICQoLDA0ODw")); }

bool all_zero(std::span<const std::byte> bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

/// The VmFlags line of the mapping that `address` lies in.
std::string flags_of(const void* address) {
  std::ifstream maps("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  bool inside = false;
  for (std::string line; std::getline(maps, line);) {
    unsigned long from = 0, to = 0;
    if (std::sscanf(line.c_str(), "%lx-%lx ", &from, &to) == 2) inside = from <= wanted && wanted < to;
    if (inside && line.starts_with("VmFlags:")) return line + " ";
  }
  return {};
}

/// What a forked child can read at `bytes`: 'E' not mapped, 'Z' zeros, 'S' the secret.
char seen_by_a_child(std::span<const std::byte> bytes) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    std::array<std::byte, 16> copy{};
    const char answer = ::write(ends[1], bytes.data(), copy.size()) < 0                   ? 'E'
                        : ::read(ends[0], copy.data(), copy.size()) > 0 && all_zero(copy) ? 'Z'
                                                                                          : 'S';
    ::_exit(answer);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ::close(ends[0]);
  ::close(ends[1]);
  return WIFEXITED(status) ? static_cast<char>(WEXITSTATUS(status)) : '?';
}

TEST(ProtectedMemory, HoldsTheKeyAndEverythingBoringSslAllocates) {
  const std::size_t fallback = protected_memory_report().fallback_used_bytes;
  const auto before = protected_memory_report();
  DatagramCipher cipher(some_key(), Direction::kToServer);
  const auto after = protected_memory_report();
  EXPECT_GE(after.boringssl_allocations, before.boringssl_allocations + 2)
      << "the hooks are not linked in or not exported";
  EXPECT_GT(after.used_bytes, before.used_bytes);
  EXPECT_EQ(after.fallback_used_bytes, fallback);
  const SessionKey key = some_key();
  EXPECT_TRUE(is_protected(key.bytes().data()));
}

TEST(ProtectedMemory, IsReleasedWithTheCipher) {
  (void)protect_process_memory();
  const std::size_t before = protected_memory_report().used_bytes;
  for (int i = 0; i < 1000; ++i) {
    DatagramCipher cipher(some_key(), Direction::kToServer);
  }
  EXPECT_EQ(protected_memory_report().used_bytes, before);
}

TEST(ProtectedMemory, IsWipedWhenReleased) {
  const std::byte* where = nullptr;
  {
    const SessionKey key = some_key();
    where = key.bytes().data();
    EXPECT_FALSE(all_zero({where, kKeyBytes}));
  }
  EXPECT_TRUE(all_zero({where, kKeyBytes}));
}

TEST(ProtectedMemory, IsLeftOutOfCoreDumpsAndOfForkedChildren) {
  const SessionKey key = some_key();
  const std::string flags = flags_of(key.bytes().data());
  EXPECT_NE(flags.find(" dd "), std::string::npos) << flags;
  EXPECT_NE(seen_by_a_child(key.bytes()), 'S');
}

TEST(ProtectedMemory, CannotBeReadThroughProcWhenSecret) {
  const SessionKey key = some_key();
  if (protected_memory_report().protection != Protection::kSecret) GTEST_SKIP() << "no memfd_secret on this host";
  const int memory = ::open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(memory, 0);
  std::array<std::byte, kKeyBytes> copy{};
  const auto at = static_cast<off_t>(reinterpret_cast<std::uintptr_t>(key.bytes().data()));
  EXPECT_LT(::pread(memory, copy.data(), copy.size(), at), 0);
  ::close(memory);
}

/// Makes memfd_secret fail as on an old kernel, for this process.
bool without_memfd_secret() {
  std::array<sock_filter, 4> program = {{BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                                         BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_secret, 0, 1),
                                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                                         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)}};
  const sock_fprog filter{static_cast<unsigned short>(program.size()), program.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

TEST(ProtectedPage, IsLockedWipedOnForkAndNotDumpedOnAKernelWithoutMemfdSecret) {
  const auto check = [] {
    if (!without_memfd_secret()) return 10;
    auto page = ProtectedPage::map(5000);
    if (!page || page->bytes().size() != 8192) return 11;
    if (page->protection() != Protection::kLocked && page->protection() != Protection::kUnlocked) return 12;
    std::memset(page->bytes().data(), 0x5A, page->bytes().size());
    const std::string flags = flags_of(page->bytes().data());
    if (flags.find(" dd ") == std::string::npos || flags.find(" wf ") == std::string::npos) return 13;
#ifndef SALLYPORT_SANITIZED  // the sanitizers turn mlock into nothing
    if (page->protection() == Protection::kLocked && flags.find(" lo ") == std::string::npos) return 14;
#endif
    return seen_by_a_child(page->bytes()) == 'Z' ? 0 : 15;
  };
  const pid_t child = ::fork();
  if (child == 0) ::_exit(check());
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(ProtectedArena, GivesDisjointAlignedBlocksAndReusesThem) {
  alignas(32) static std::array<std::byte, kFallbackBytes> storage{};
  ProtectedArena<kFallbackUnits> arena(storage);
  std::vector<std::span<std::byte>> blocks;
  for (std::size_t size = 1; size <= 100; size += 11) {
    auto* const memory = static_cast<std::byte*>(arena.allocate(size));
    ASSERT_NE(memory, nullptr);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(memory) % kArenaUnitBytes, 0U);
    EXPECT_GE(arena.size_of(memory), size);
    blocks.emplace_back(memory, size);
    std::memset(memory, static_cast<int>(size), size);
  }
  for (const auto& block : blocks) {
    EXPECT_TRUE(std::ranges::all_of(block, [&](std::byte b) { return b == static_cast<std::byte>(block.size()); }));
    EXPECT_TRUE(arena.release(block.data()));
    EXPECT_TRUE(all_zero(block));
  }
  EXPECT_EQ(arena.used_bytes(), 0U);
  EXPECT_EQ(arena.allocate(kFallbackBytes), storage.data());
}

TEST(ProtectedArena, RefusesWhatItDidNotGiveAndWhatDoesNotFit) {
  alignas(32) static std::array<std::byte, kFallbackBytes> storage{};
  ProtectedArena<kFallbackUnits> arena(storage);
  auto* const memory = static_cast<std::byte*>(arena.allocate(100));
  EXPECT_FALSE(arena.release(memory + 1));
  EXPECT_FALSE(arena.release(memory + 32));
  EXPECT_FALSE(arena.release(&arena));
  EXPECT_EQ(arena.size_of(memory + 32), 0U);
  EXPECT_TRUE(arena.release(memory));
  EXPECT_FALSE(arena.release(memory));
  EXPECT_EQ(arena.allocate(0), nullptr);
  EXPECT_EQ(arena.allocate(kFallbackBytes + 1), nullptr);
  EXPECT_EQ(arena.allocate(SIZE_MAX), nullptr);
  EXPECT_NE(arena.allocate(kFallbackBytes), nullptr);
  EXPECT_EQ(arena.allocate(1), nullptr);
}

}  // namespace
}  // namespace sallyport::crypto
