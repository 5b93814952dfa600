// What net, terminal and their starter share about confinement: how a compartment says that it could not be confined, and
// how the monitor's set-up understands it. Linked by all three programs.
#pragma once

#include "base/unique_fd.h"
#include "privsep/channel.h"
#include "privsep/log_message.h"
#include "sandbox/apply.h"
#include "sandbox/report.h"
#include "server/compartment_arguments.h"

namespace sallyport::server {

/// A compartment's options for the sandbox: dies when `parent`, its channel to the monitor, hangs up.
[[nodiscard]] sandbox::Options sandbox_options(BorrowedFd parent, SandboxRequirement requirement);

/// Tells the monitor why confinement failed. The compartment then exits with sandbox::kExitUnconfined.
void tell_unconfined(const privsep::Channel& monitor, const sandbox::Failure& failure);
/// The first message of a compartment that is locked down, apart from Ready: which layers are active. False: it could not be sent.
[[nodiscard]] bool tell_confined(const privsep::Channel& monitor, const sandbox::Report& report);

/// How net exits when it cannot begin, for one line to the user.
inline constexpr int kExitNoKey = 71;       ///< no randomness, or no memory that can be kept out of dumps
inline constexpr int kExitNoAnnounce = 72;  ///< the MOSH CONNECT line could not be written to standard output

/// What tell_unconfined said, for one line to the user.
[[nodiscard]] sandbox::Failure failure_from(const privsep::Log& log);

}  // namespace sallyport::server
