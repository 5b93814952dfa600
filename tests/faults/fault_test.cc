#include "tests/faults/fault.h"

#include <gtest/gtest.h>

namespace sallyport::faults {
namespace {

TEST(Fault, NamesAProcessACallAndADeed) {
  const auto fault = parse_fault("net:after:47:5:1:error=11");
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->process, "net");
  EXPECT_EQ(fault->phase, Phase::kAfter);
  EXPECT_EQ(fault->call, 47);
  EXPECT_EQ(fault->first, 5);
  EXPECT_EQ(fault->deed, Deed::kError);
  EXPECT_EQ(fault->number, 11);
}

TEST(Fault, CoversItsRunOfCallsAndNoOther) {
  const auto fault = parse_fault("net:before:any:5:2:fewer");
  ASSERT_TRUE(fault);
  EXPECT_FALSE(fault->covers(4));
  EXPECT_TRUE(fault->covers(5));
  EXPECT_TRUE(fault->covers(6));
  EXPECT_FALSE(fault->covers(7));
  EXPECT_FALSE(fault->over_at(5));
  EXPECT_TRUE(fault->over_at(6));
}

TEST(Fault, RefusesWhatItDoesNotUnderstand) {
  for (const char* text :
       {"", "net", "net:after:47:5:1", "net:during:47:5:1:end", "net:after:read:5:1:end", "net:after:47:5:1:error",
        "net:after:47:5:1:error=5000", "net:after:47:5:1:end:more", "net:after:47::1:end"}) {
    EXPECT_FALSE(parse_fault(text)) << text;
  }
}

}  // namespace
}  // namespace sallyport::faults
