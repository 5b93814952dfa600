#include "client/bootstrap/resolve.h"

#include <netdb.h>

#include <algorithm>
#include <cstring>
#include <iterator>
#include <memory>
#include <vector>

#include "client/bootstrap/addresses.h"
#include "client/common/compartment_arguments.h"

namespace sallyport::client {
namespace {

int family_hint(FamilyChoice family) {
  if (family == FamilyChoice::kInet) return AF_INET;
  return family == FamilyChoice::kInet6 ? AF_INET6 : AF_UNSPEC;
}

Result<std::vector<sys::SocketAddress>, std::string> look_up(const Resolver& resolver, const std::string& host,
                                                             int family) {
  if (auto numeric = resolver.ask(host, Resolver::Question::kNumeric, family)) return std::move(numeric->addresses);
  const auto canonical = resolver.ask(host, Resolver::Question::kCanonicalName, family);
  if (!canonical) return std::unexpected("could not get canonical name for " + host + ": " + canonical.error());
  const std::string& name = canonical->canonical_name.empty() ? host : canonical->canonical_name;
  auto addresses = resolver.ask(name, Resolver::Question::kAddresses, family);
  if (!addresses) {
    return std::unexpected("could not resolve canonical name " + name + " for " + host + ": " + addresses.error());
  }
  return std::move(addresses->addresses);
}

/// Keeps the order otherwise. (libstdc++'s stable_partition uses what it deprecates itself.)
template <typename Wanted>
void put_first(std::vector<sys::SocketAddress>& addresses, Wanted wanted) {
  std::vector<sys::SocketAddress> others;
  std::ranges::remove_copy_if(addresses, std::back_inserter(others), wanted);
  std::erase_if(addresses, [&](const sys::SocketAddress& address) { return !wanted(address); });
  addresses.insert(addresses.end(), others.begin(), others.end());
}

}  // namespace

Result<Resolver::Answer, std::string> SystemResolver::ask(const std::string& name, Question question,
                                                          int family) const {
  addrinfo hints{};
  hints.ai_family = family;
  hints.ai_socktype = SOCK_STREAM;
  if (question == Question::kNumeric) hints.ai_flags = AI_NUMERICHOST;
  if (question == Question::kCanonicalName) hints.ai_flags = AI_CANONNAME;
  addrinfo* first = nullptr;
  const int error = ::getaddrinfo(name.c_str(), nullptr, &hints, &first);
  if (error != 0) return std::unexpected(error == EAI_SYSTEM ? std::strerror(errno) : ::gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(first, &::freeaddrinfo);
  Answer answer;
  if (first->ai_canonname != nullptr) answer.canonical_name = first->ai_canonname;
  for (const addrinfo* entry = first; entry != nullptr; entry = entry->ai_next) {
    sys::SocketAddress address;
    if (entry->ai_addrlen > sizeof address.storage || (entry->ai_family != AF_INET && entry->ai_family != AF_INET6))
      continue;
    std::memcpy(&address.storage, entry->ai_addr, entry->ai_addrlen);
    address.length = entry->ai_addrlen;
    answer.addresses.push_back(address);
  }
  return answer;
}

Result<std::vector<sys::SocketAddress>, std::string> find_addresses(const Resolver& resolver, const std::string& host,
                                                                    FamilyChoice family) {
  auto addresses = TRY(look_up(resolver, host, family_hint(family)));
  const auto is_ipv4 = [](const sys::SocketAddress& address) { return address.family() == AF_INET; };
  const auto is_ipv6 = [](const sys::SocketAddress& address) { return address.family() == AF_INET6; };
  switch (family) {
    case FamilyChoice::kInet:
      std::erase_if(addresses, is_ipv6);
      break;
    case FamilyChoice::kInet6:
      std::erase_if(addresses, is_ipv4);
      break;
    case FamilyChoice::kPreferInet:
      put_first(addresses, is_ipv4);
      break;
    case FamilyChoice::kPreferInet6:
      put_first(addresses, is_ipv6);
      break;
    case FamilyChoice::kAuto:
      if (std::ranges::any_of(addresses, is_ipv4) && std::ranges::any_of(addresses, is_ipv6)) {
        return std::unexpected("host has both IPv4 and IPv6 addresses, use --family to specify behavior");
      }
      break;
    case FamilyChoice::kAll:
      break;
  }
  if (addresses.empty()) return std::unexpected(host + " has no address of family " + std::string(family_word(family)));
  return addresses;
}

std::vector<std::string> client_addresses(const std::string& connected, const std::vector<sys::SocketAddress>& resolved,
                                          FamilyChoice family) {
  std::vector<std::string> out = {connected};
  if (family == FamilyChoice::kInet || family == FamilyChoice::kInet6) return out;
  const auto first = sys::parse_address(connected);
  for (const sys::SocketAddress& address : resolved) {
    if (!first || address.family() == first->family() || out.size() == kMaxServerAddresses) continue;
    std::string text = numeric_text(address);
    if (!text.empty() && std::ranges::find(out, text) == out.end()) out.push_back(std::move(text));
  }
  return out;
}

}  // namespace sallyport::client
