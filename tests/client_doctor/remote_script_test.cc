#include "client/doctor/remote_script.h"

#include <gtest/gtest.h>

namespace sallyport::client {
namespace {

TEST(DoctorRemoteScript, IsOneWordWithoutWhatSomeLoginShellsReadDifferently) {
  CommandOptions options;
  options.port = "60001:60010";
  const std::string script = remote_script(options, {"LANG=C.UTF-8", "LC_ALL=a$(touch x)`y`\"z\\"});
  EXPECT_TRUE(script.starts_with("sh -c '"));
  EXPECT_EQ(script.find('\n'), std::string::npos);
  EXPECT_EQ(script.find('!'), std::string::npos);
  EXPECT_NE(script.find("-p \"60001:60010\""), std::string::npos);
  EXPECT_NE(script.find(R"(-l "LC_ALL=a\$(touch x)\`y\`\"z\\")"), std::string::npos) << script;
  EXPECT_EQ(script.find("KEY"), std::string::npos);
}

TEST(DoctorRemoteScript, OnlyFactsOfKnownNamesAreTaken) {
  RemoteFacts facts;
  EXPECT_TRUE(take_fact("DOCTOR seen yes", facts));
  EXPECT_TRUE(take_fact("DOCTOR ready", facts));
  EXPECT_EQ(facts["seen"], "yes");
  EXPECT_EQ(facts["ready"], "");
  for (const char* line : {"", "DOCTOR", "DOCTOR ", "DOCTOR key x", " DOCTOR seen no", "doctor seen no",
                           "DOCTOR seenx no", "MOSH CONNECT 1 x"}) {
    EXPECT_FALSE(take_fact(line, facts)) << line;
  }
  EXPECT_EQ(facts.size(), 2U);
}

TEST(DoctorRemoteScript, AValueIsBounded) {
  RemoteFacts facts;
  EXPECT_TRUE(take_fact("DOCTOR locales " + std::string(100000, 'x'), facts));
  EXPECT_EQ(facts["locales"].size(), 4096U);
}

}  // namespace
}  // namespace sallyport::client
