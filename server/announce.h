// Net's key and its one line of output (wire 2.1, architecture 2). Before lock-down; linked by the net program alone.
#pragma once

#include <cstdint>
#include <optional>

#include "base/unique_fd.h"
#include "crypto/session_key.h"
#include "privsep/channel.h"

namespace sallyport::server {

/// A key from the system's randomness, in protected memory. Nothing if the kernel gives neither.
[[nodiscard]] std::optional<crypto::SessionKey> make_session_key();

/// Waits for the monitor's Announce. False if anything else comes, or the monitor is gone.
[[nodiscard]] bool await_announce(const privsep::Channel& monitor);

/// Writes `MOSH CONNECT <port> <key>` to `output` in one piece, wipes it, and makes `output` another /dev/null, so that ssh's
/// channel can close. False if it could not be written.
[[nodiscard]] bool announce(BorrowedFd output, std::uint16_t port, const crypto::SessionKey& key);

}  // namespace sallyport::server
