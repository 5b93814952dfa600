#include "client/bootstrap/resolve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "client/bootstrap/addresses.h"

namespace sallyport::client {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A resolver that knows these names alone, and remembers what it was asked.
class StandIn final : public Resolver {
 public:
  struct Known {
    std::string canonical_name;
    std::vector<std::string> addresses;
  };
  explicit StandIn(std::map<std::string, Known> names) : names_(std::move(names)) {}

  [[nodiscard]] Result<Answer, std::string> ask(const std::string& name, Question question, int family) const override {
    if (question == Question::kNumeric) {
      const auto address = sys::parse_address(name);
      if (!address || (family != AF_UNSPEC && address->family() != family)) return std::unexpected("not numeric");
      return Answer{"", {*address}};
    }
    asked.push_back(name);
    const auto known = names_.find(name);
    if (known == names_.end()) return std::unexpected("Name or service not known");
    Answer answer{known->second.canonical_name, {}};
    for (const std::string& text : known->second.addresses) {
      const auto address = *sys::parse_address(text);
      if (family == AF_UNSPEC || address.family() == family) answer.addresses.push_back(address);
    }
    return answer;
  }

  mutable std::vector<std::string> asked;

 private:
  std::map<std::string, Known> names_;
};

const std::map<std::string, StandIn::Known> kWorld = {
    {"alias", {"real.example", {"192.0.2.9"}}},
    {"real.example", {"real.example", {"2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"}}},
    {"four", {"", {"192.0.2.4"}}},
    {"broken", {"nowhere.example", {}}},
};

std::vector<std::string> found(const std::string& host, FamilyChoice family) {
  const StandIn resolver(kWorld);
  const auto addresses = find_addresses(resolver, host, family);
  std::vector<std::string> out;
  for (const auto& address : addresses.value_or(std::vector<sys::SocketAddress>()))
    out.push_back(numeric_text(address));
  return out;
}

std::string refusal(const std::string& host, FamilyChoice family) {
  const StandIn resolver(kWorld);
  const auto addresses = find_addresses(resolver, host, family);
  return addresses ? "" : addresses.error();
}

TEST(FindAddresses, NumericAddressesAreNotLookedUp) {
  const StandIn resolver(kWorld);
  ASSERT_TRUE(find_addresses(resolver, "192.0.2.7", FamilyChoice::kPreferInet));
  EXPECT_TRUE(resolver.asked.empty());
}

TEST(FindAddresses, ANameIsResolvedByItsCanonicalName) {
  const StandIn resolver(kWorld);
  ASSERT_TRUE(find_addresses(resolver, "alias", FamilyChoice::kAll));
  EXPECT_THAT(resolver.asked, ElementsAre("alias", "real.example"));
}

TEST(FindAddresses, FamiliesAreKeptAndOrdered) {
  EXPECT_THAT(found("real.example", FamilyChoice::kPreferInet),
              ElementsAre("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"));
  EXPECT_THAT(found("real.example", FamilyChoice::kPreferInet6),
              ElementsAre("2001:db8::1", "2001:db8::2", "192.0.2.1", "192.0.2.2"));
  EXPECT_THAT(found("real.example", FamilyChoice::kAll),
              ElementsAre("2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"));
  EXPECT_THAT(found("real.example", FamilyChoice::kInet), ElementsAre("192.0.2.1", "192.0.2.2"));
  EXPECT_THAT(found("real.example", FamilyChoice::kInet6), ElementsAre("2001:db8::1", "2001:db8::2"));
  EXPECT_THAT(found("four", FamilyChoice::kAuto), ElementsAre("192.0.2.4"));
}

TEST(FindAddresses, WhatCannotBeFoundIsSaidAsStockSaysIt) {
  EXPECT_EQ(refusal("real.example", FamilyChoice::kAuto),
            "host has both IPv4 and IPv6 addresses, use --family to specify behavior");
  EXPECT_EQ(refusal("unknown", FamilyChoice::kAll),
            "could not get canonical name for unknown: Name or service not known");
  EXPECT_EQ(refusal("broken", FamilyChoice::kAll),
            "could not resolve canonical name nowhere.example for broken: Name or service not known");
  EXPECT_THAT(refusal("four", FamilyChoice::kInet6), HasSubstr("has no address of family inet6"));
  EXPECT_THAT(refusal("192.0.2.1", FamilyChoice::kInet6), HasSubstr("could not get canonical name for 192.0.2.1"));
}

std::vector<sys::SocketAddress> addresses(const std::vector<std::string>& texts) {
  std::vector<sys::SocketAddress> out;
  for (const std::string& text : texts) out.push_back(*sys::parse_address(text));
  return out;
}

TEST(ClientAddresses, TheConnectedOneComesFirstAndTheOtherFamilyFollows) {
  const auto resolved = addresses({"192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::1"});
  EXPECT_THAT(client_addresses("192.0.2.2", resolved, FamilyChoice::kPreferInet),
              ElementsAre("192.0.2.2", "2001:db8::1"));
  EXPECT_THAT(client_addresses("2001:db8::1", resolved, FamilyChoice::kAll),
              ElementsAre("2001:db8::1", "192.0.2.1", "192.0.2.2"));
  EXPECT_THAT(client_addresses("192.0.2.1", resolved, FamilyChoice::kInet), ElementsAre("192.0.2.1"));
  EXPECT_THAT(client_addresses("2001:db8::1", resolved, FamilyChoice::kInet6), ElementsAre("2001:db8::1"));
  EXPECT_THAT(client_addresses("192.0.2.1", {}, FamilyChoice::kPreferInet), ElementsAre("192.0.2.1"));
}

TEST(ClientAddresses, AreNeverMoreThanTheClientTakes) {
  std::vector<std::string> many;
  for (int i = 1; i < 30; ++i) many.push_back("2001:db8::" + std::to_string(i));
  EXPECT_EQ(client_addresses("192.0.2.1", addresses(many), FamilyChoice::kAll).size(), 8U);
}

TEST(SystemResolver, KnowsNumericAddressesAndLoopback) {
  const SystemResolver resolver;
  const auto numeric = resolver.ask("127.0.0.1", Resolver::Question::kNumeric, AF_UNSPEC);
  ASSERT_TRUE(numeric);
  EXPECT_EQ(numeric->addresses.size(), 1U);
  EXPECT_FALSE(resolver.ask("localhost", Resolver::Question::kNumeric, AF_UNSPEC));
  EXPECT_FALSE(resolver.ask("127.0.0.1", Resolver::Question::kNumeric, AF_INET6));
}

}  // namespace
}  // namespace sallyport::client
