// A server under measurement: started as ssh would start it, with its processes found and their cost read from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sallyport::bench {

struct Cost {
  double cpu_s = 0;             ///< user and system time of all processes of the session but the program's
  std::uint64_t wakeups = 0;    ///< voluntary context switches of the same
  double pss_mb = 0;            ///< proportional memory of the same
  double rss_mb = 0;
  double peak_rss_mb = 0;       ///< each process's own peak, added up
};

class ServerProcess {
 public:
  /// Starts `server` with `command` on an ephemeral port of 127.0.0.1 and reads its MOSH CONNECT line. Exits on failure.
  ServerProcess(const std::string& server, const std::vector<std::string>& command);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  /// Ends the session if it still lives.
  ~ServerProcess();

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::string& key() const { return key_; }
  [[nodiscard]] double connect_ms() const { return connect_ms_; }
  /// The server's own processes: the detached one and its children, without the session's program.
  [[nodiscard]] Cost cost() const;
  [[nodiscard]] bool alive() const;

 private:
  pid_t pid_ = 0;
  std::uint16_t port_ = 0;
  std::string key_;
  double connect_ms_ = 0;
};

}  // namespace sallyport::bench
