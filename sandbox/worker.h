// What a compartment and the process that started it (monitor, guard) share about confinement: the options that a
// compartment confines itself with, how it says what came of it, how its starter understands that, and the word among
// its arguments. Linked by all programs.
#pragma once

#include "base/unique_fd.h"
#include "privsep/channel.h"
#include "privsep/log_message.h"
#include "privsep/words.h"
#include "sandbox/apply.h"
#include "sandbox/report.h"

namespace sallyport::sandbox {

/// A compartment's options: it dies when `parent`, its channel to the process that started it, hangs up.
[[nodiscard]] Options worker_options(BorrowedFd parent, Requirement requirement);

/// Tells the starter why confinement failed. The compartment then exits with kExitUnconfined.
void tell_unconfined(const privsep::Channel& starter, const Failure& failure);
/// The first message of a compartment that is locked down, apart from Ready: which layers are active. False: it could
/// not be sent.
[[nodiscard]] bool tell_confined(const privsep::Channel& starter, const Report& report);

/// What tell_unconfined said, for one line to the user.
[[nodiscard]] Failure failure_from(const privsep::Log& log);

/// The argument "require-sandbox=available" or "=full".
[[nodiscard]] std::string requirement_word(Requirement requirement);
[[nodiscard]] Requirement read_requirement(privsep::WordReader& words);

}  // namespace sallyport::sandbox
