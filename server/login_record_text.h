// The host text of a session's login record (command line 1.8): `mosh [PID]`, or `ADDRESS via mosh [PID]` while a client is
// connected. Linked by the monitor (for the notice of detached sessions) and by login-record.
#pragma once

#include <sys/types.h>

#include <string>

#include "privsep/login_record_messages.h"

namespace sallyport::server {

/// `monitor` is the session's pid as the starter printed it.
[[nodiscard]] std::string login_record_text(pid_t monitor);
[[nodiscard]] std::string login_record_text(pid_t monitor, const privsep::LoginRecordMessage& message);

/// Numeric; an IPv4 address inside an IPv6 one is shown as IPv4.
[[nodiscard]] std::string address_text(const privsep::PeerAddress& peer);

}  // namespace sallyport::server
