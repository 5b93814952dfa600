// Finds a compartment's executable at ../libexec/sallyport from where this program really lies (build folder and
// installation alike, also when started through a link) and opens it, so that a missing one is said before anything is
// begun. Linked by whoever starts compartments.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::privsep {

/// For spawn(). The error is one line without a newline, saying which program is missing where.
[[nodiscard]] Result<UniqueFd, std::string> open_internal_program(const char* name);

/// The folder of the internal programs for a program that lies at `program_path`.
[[nodiscard]] std::string internal_folder(const std::string& program_path);

}  // namespace sallyport::privsep
