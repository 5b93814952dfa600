#include "server/internal_programs.h"

#include "privsep/internal_program.h"

namespace sallyport::server {

Result<InternalPrograms, std::string> open_internal_programs() {
  InternalPrograms programs;
  programs.net = TRY(privsep::open_internal_program("net"));
  programs.terminal = TRY(privsep::open_internal_program("terminal"));
  programs.login_record = TRY(privsep::open_internal_program("login-record"));
  return programs;
}

}  // namespace sallyport::server
