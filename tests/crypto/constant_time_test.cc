// Claims about time, by valgrind with the secrets marked undefined: constant_time_subject.cc. Nothing here measures
// time. Not in builds with sanitizers, which valgrind cannot run.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <map>
#include <string>
#include <string_view>

#ifndef SALLYPORT_SANITIZED
namespace sallyport::crypto {
namespace {

class ConstantTime : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    const std::string command = std::string(VALGRIND) +
                                " --quiet --tool=memcheck --log-file=" CONSTANT_TIME_SUBJECT ".log " +
                                CONSTANT_TIME_SUBJECT;
    FILE* const lines = std::string_view(VALGRIND).empty() ? nullptr : popen(command.c_str(), "r");
    if (lines == nullptr) return;
    std::array<char, 64> name{};
    unsigned long count = 0;
    while (std::fscanf(lines, "%63s %lu", name.data(), &count) == 2) reports()[name.data()] = count;
    status() = pclose(lines);
  }
  void SetUp() override {
    if (std::string_view(VALGRIND).empty()) GTEST_SKIP() << "skipped: valgrind is not installed";
    ASSERT_EQ(status(), 0) << "see " CONSTANT_TIME_SUBJECT ".log";
  }
  /// Branches and addresses that depended on a secret, in this case of the subject.
  static unsigned long reports_in(const std::string& name) {
    EXPECT_TRUE(reports().contains(name));
    return reports()[name];
  }

 private:
  static std::map<std::string, unsigned long>& reports() {
    static std::map<std::string, unsigned long> all;
    return all;
  }
  static int& status() {
    static int value = -1;
    return value;
  }
};

TEST_F(ConstantTime, SealAndOpenNeitherBranchNorIndexByKeyOrPlaintext) { EXPECT_EQ(reports_in("SealsAndOpens"), 0U); }
TEST_F(ConstantTime, AForgeryIsRefusedWithoutABranchOnTheTagButForTheVerdict) {
  EXPECT_EQ(reports_in("RefusesForgeries"), 0U);
}
TEST_F(ConstantTime, AKeyIsPrintedAndComparedWithoutABranchOnIt) { EXPECT_EQ(reports_in("PrintsKeys"), 0U); }
TEST_F(ConstantTime, AKeyIsReadWithoutABranchOnItButForTheVerdict) { EXPECT_EQ(reports_in("ParsesKeys"), 0U); }

// Without these three the four above would show nothing.
TEST_F(ConstantTime, Control_AComparisonThatEndsEarlyIsSeen) { EXPECT_GE(reports_in("ComparesCarelessly"), 1U); }
TEST_F(ConstantTime, Control_ATableIndexedByASecretIsSeen) { EXPECT_GE(reports_in("LooksUpATable"), 1U); }
TEST_F(ConstantTime, Control_ATagVerdictThatIsNotDeclassifiedIsSeen) {
  EXPECT_GE(reports_in("ForgetsToDeclassify"), 1U);
}

}  // namespace
}  // namespace sallyport::crypto
#endif
