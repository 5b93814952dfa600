#include "client/guard/key_source.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <vector>

#include "base/bytes.h"
#include "base/sys/io.h"

namespace sallyport::client {
namespace {

/// An environment in memory that the test can look into.
struct Memory {
  explicit Memory(const std::vector<std::string>& assignments) {
    for (const std::string& one : assignments) texts.emplace_back(one.begin(), one.end() + 1);
    for (auto& text : texts) list.push_back(text.data());
    list.push_back(nullptr);
  }
  [[nodiscard]] bool holds(std::string_view needle) const {
    for (const auto& text : texts) {
      if (std::string_view(text.data(), text.size()).find(needle) != std::string_view::npos) return true;
    }
    return false;
  }
  std::vector<std::vector<char>> texts;
  std::vector<char*> list;
};

std::string read_all(BorrowedFd fd) {
  std::array<std::byte, 256> buffer{};
  std::string text;
  for (auto count = sys::read(fd, buffer); count && *count > 0; count = sys::read(fd, buffer)) {
    text += text_of(std::span(buffer).first(*count));
  }
  return text;
}

TEST(CommandLineChecklist, Item33_KeyGoesFromTheEnvironmentIntoAPipeAndNowhereElse) {
  Memory memory({"A=1", "MOSH_KEY=4NeCCgvZFe2RnPgrcU1PQw", "B=2", "MOSH_KEY=second"});
  const auto source = take_key_source(std::nullopt, memory.list.data());
  ASSERT_TRUE(source);
  EXPECT_EQ(read_all(*source), "4NeCCgvZFe2RnPgrcU1PQw");
  EXPECT_STREQ(memory.list[0], "A=1");
  EXPECT_STREQ(memory.list[1], "B=2");
  EXPECT_EQ(memory.list[2], nullptr);
  EXPECT_FALSE(memory.holds("4NeCC") || memory.holds("second") || memory.holds("MOSH_KEY"));
}

TEST(CommandLineChecklist, Item33_MissingKeyIsSaid) {
  Memory memory({"A=1", "MOSH_KEYS=x"});
  const auto source = take_key_source(std::nullopt, memory.list.data());
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error(), "MOSH_KEY environment variable not found.\n");
  EXPECT_STREQ(memory.list[1], "MOSH_KEYS=x");
}

TEST(KeySource, DescriptorIsPassedOnUnreadAndMoshKeyErasedAllTheSame) {
  auto pipe = sys::pipe();
  ASSERT_TRUE(pipe && sys::write(pipe->writer, bytes_of("key text")));
  pipe->writer.reset();
  Memory memory({"MOSH_KEY=4NeCCgvZFe2RnPgrcU1PQw"});
  const int number = pipe->reader.release();
  const auto source = take_key_source(number, memory.list.data());
  ASSERT_TRUE(source);
  EXPECT_EQ(source->borrow().number(), number);
  EXPECT_EQ(read_all(*source), "key text");
  EXPECT_EQ(memory.list[0], nullptr);
  EXPECT_FALSE(memory.holds("4NeCC"));
}

TEST(KeySource, DescriptorThatIsNotOpenIsSaid) {
  Memory memory({});
  EXPECT_FALSE(take_key_source(987, memory.list.data()));
}

TEST(KeySource, TextLongerThanAnyKeyStaysTooLong) {
  Memory memory({"MOSH_KEY=" + std::string(100000, 'A')});
  const auto source = take_key_source(std::nullopt, memory.list.data());
  ASSERT_TRUE(source);
  EXPECT_GT(read_all(*source).size(), 22U);
}

}  // namespace
}  // namespace sallyport::client
