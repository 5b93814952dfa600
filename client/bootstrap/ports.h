// The server-side UDP port or range as typed with -p (command line 3.2). Checked before ssh is started. No system call.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sallyport::client {

/// The complaint about `text`, without the program's name; nothing if it is PORT or LOW:HIGH.
[[nodiscard]] std::optional<std::string> port_complaint(std::string_view text);

/// The ports that `text`, which port_complaint() let pass, stands for; the server's own range if there is none.
struct Ports {
  unsigned low = 60001;   // spec: command line 1.3
  unsigned high = 60999;  // spec
};
[[nodiscard]] Ports ports_of(const std::optional<std::string>& text);

}  // namespace sallyport::client
