// Finds the internal programs at ../libexec/sallyport from where this program really lies (build folder and installation
// alike, also when started through the link mosh-server) and opens them, so that a missing one is said before anything
// detaches. Linked by sallyport-server.
#pragma once

#include <string>

#include "base/result.h"
#include "base/unique_fd.h"

namespace sallyport::server {

struct InternalPrograms {
  UniqueFd net;
  UniqueFd terminal;
  UniqueFd login_record;
};

/// The error is one line without a newline, saying which program is missing where.
[[nodiscard]] Result<InternalPrograms, std::string> open_internal_programs();

/// The folder of the internal programs for a program that lies at `program_path`.
[[nodiscard]] std::string internal_folder(const std::string& program_path);

}  // namespace sallyport::server
