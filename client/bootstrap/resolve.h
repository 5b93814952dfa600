// The addresses of a name (command line 3.4): numeric, else by way of its canonical name, so that ssh and the session
// agree for names that take turns; kept and ordered by family. The resolver is a parameter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/sys/udp.h"
#include "client/bootstrap/options.h"

namespace sallyport::client {

class Resolver {
 public:
  enum class Question : std::uint8_t { kNumeric, kCanonicalName, kAddresses };
  struct Answer {
    std::string canonical_name;  ///< of kCanonicalName
    std::vector<sys::SocketAddress> addresses;
  };

  Resolver() = default;
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;
  virtual ~Resolver() = default;
  /// `family`: AF_UNSPEC, AF_INET or AF_INET6. The error is the resolver's reason. May block for as long as it likes.
  [[nodiscard]] virtual Result<Answer, std::string> ask(const std::string& name, Question question,
                                                        int family) const = 0;
};

/// getaddrinfo(3).
class SystemResolver final : public Resolver {
 public:
  [[nodiscard]] Result<Answer, std::string> ask(const std::string& name, Question question, int family) const override;
};

/// At least one address, the first to be tried first; without ports. The error is the complaint.
[[nodiscard]] Result<std::vector<sys::SocketAddress>, std::string> find_addresses(const Resolver& resolver,
                                                                                  const std::string& host,
                                                                                  FamilyChoice family);

/// What the client is given, numeric: `connected`, and then what `resolved`, the addresses of the same name, has of the
/// other family, if the choice allows it. Others of the same family are left out: names that take turns name several
/// machines.
[[nodiscard]] std::vector<std::string> client_addresses(const std::string& connected,
                                                        const std::vector<sys::SocketAddress>& resolved,
                                                        FamilyChoice family);

}  // namespace sallyport::client
