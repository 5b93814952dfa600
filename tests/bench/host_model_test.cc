// The far program of bench/paper: what the screen is after each kind of key.
#include "bench/paper/host_model.h"

#include <gtest/gtest.h>

#include "base/bytes.h"
#include "bench/paper/picture.h"
#include "terminal/emulator.h"

namespace sallyport::bench {
namespace {

class HostModelTest : public testing::Test {
 protected:
  HostModelTest() { print(model_.greeting()); }

  void print(const std::string& text) { emulator_.write(bytes_of(text)); }
  HostModel::Answer type(std::string_view key) {
    HostModel::Answer answer = model_.answer(key);
    print(answer.output);
    return answer;
  }
  void type_all(std::string_view letters) {
    for (std::size_t i = 0; i < letters.size(); ++i) type(letters.substr(i, 1));
  }
  /// The row of the cursor without blanks at its end.
  std::string line() {
    const terminal::Framebuffer& screen = emulator_.framebuffer();
    std::string text;
    for (const terminal::Cell cell : screen.row(screen.cursor().row).cells()) {
      text += cell.looks_blank() ? ' ' : static_cast<char>(cell.content());
    }
    return text.substr(0, text.find_last_not_of(' ') + 1);
  }
  std::uint32_t column() { return emulator_.framebuffer().cursor().column; }
  std::uint32_t row() { return emulator_.framebuffer().cursor().row; }

  HostModel model_;
  terminal::Emulator emulator_{{.columns = kHostColumns, .rows = kHostRows}};
};

TEST_F(HostModelTest, EchoesTypingAfterThePrompt) {
  type_all("ls");
  EXPECT_EQ(line(), "user@far:~$ ls");
  EXPECT_EQ(type("x").delay, std::chrono::milliseconds(1));
}

TEST_F(HostModelTest, EditsWithinTheLine) {
  type_all("abcd");
  type("\033[D");
  type("\033OD");
  EXPECT_EQ(column(), 14U);
  type("X");
  EXPECT_EQ(line(), "user@far:~$ abXcd");
  type("\x7f");
  type("\x7f");
  EXPECT_EQ(line(), "user@far:~$ acd");
  type("\033[C");
  EXPECT_EQ(column(), 14U);
}

TEST_F(HostModelTest, KeysAtTheEndsOfTheLineDoNothing) {
  for (const char* key : {"\x7f", "\033[D", "\033[C"}) type(key);
  EXPECT_EQ(line(), "user@far:~$");
  EXPECT_EQ(column(), 12U);
}

TEST_F(HostModelTest, UpBringsTheCommandBefore) {
  type_all("make\rx");
  type("\033[A");
  EXPECT_EQ(line(), "user@far:~$ make");
}

TEST_F(HostModelTest, ASingleKeyInTheReaderDrawsAWholeScreenThatDiffersEachTime) {
  type_all("mail\r");
  const Picture first = picture_of(emulator_.framebuffer());
  type("n");
  const Picture second = picture_of(emulator_.framebuffer());
  int changed = 0;
  for (std::size_t i = 0; i < first.cells.size(); ++i) changed += first.cells[i] != second.cells[i] ? 1 : 0;
  EXPECT_GT(changed, 800);
  type("q");
  EXPECT_EQ(line(), "user@far:~$");
}

TEST_F(HostModelTest, ALetterBreaksItsLinesItself) {
  type_all("write\r");
  for (int i = 0; i < 12; ++i) type_all("words ");
  EXPECT_EQ(row(), 4U);
  type_all("more");
  EXPECT_EQ(row(), 5U);
  EXPECT_EQ(line(), "more");
  type("\x18");
  EXPECT_EQ(line(), "user@far:~$");
}

TEST_F(HostModelTest, TheTitleCountsTheKeys) {
  type_all("abc");
  EXPECT_EQ(picture_of(emulator_.framebuffer()).answered, 3U);
}

TEST_F(HostModelTest, CommandsTakeSomeTwentyMilliseconds) {
  type_all("mail\r");
  int below = 0;
  for (int i = 0; i < 400; ++i) below += type("n").delay < std::chrono::milliseconds(20) ? 1 : 0;
  EXPECT_NEAR(below, 200, 50);
}

TEST(KeyReader, CutsKeysHoweverTheyArrive) {
  KeyReader keys;
  keys.add("a\033");
  EXPECT_EQ(keys.next(), "a");
  EXPECT_EQ(keys.next(), std::nullopt);
  keys.add("[");
  EXPECT_EQ(keys.next(), std::nullopt);
  keys.add("Db");
  EXPECT_EQ(keys.next(), "\033[D");
  EXPECT_EQ(keys.next(), "b");
  EXPECT_EQ(keys.next(), std::nullopt);
}

}  // namespace
}  // namespace sallyport::bench
