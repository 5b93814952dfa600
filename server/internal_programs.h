// The server's internal programs, opened before anything detaches. Linked by sallyport-server.
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

}  // namespace sallyport::server
