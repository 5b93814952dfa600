#include "privsep/internal_program.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <array>
#include <cstring>

#include "privsep/spawn.h"

namespace sallyport::privsep {
namespace {

/// The program's own file with all links followed; empty if the system does not say.
std::string own_path() {
  std::array<char, PATH_MAX> path{};
  if (::readlink("/proc/self/exe", path.data(), path.size() - 1) > 0) return path.data();
  // Without /proc: the name that the kernel was given.
  const auto* name =
      reinterpret_cast<const char*>(::getauxval(AT_EXECFN));  // NOLINT(performance-no-int-to-ptr): it is one
  if (name != nullptr && ::realpath(name, path.data()) != nullptr) return path.data();
  return {};
}

}  // namespace

std::string internal_folder(const std::string& program_path) {
  const std::string folder = program_path.substr(0, program_path.rfind('/'));
  return folder.substr(0, folder.rfind('/')) + "/libexec/sallyport";
}

Result<UniqueFd, std::string> open_internal_program(const char* name) {
  const std::string path = internal_folder(own_path()) + "/" + name;
  auto opened = open_executable(path.c_str());
  if (opened) return std::move(*opened);
  return std::unexpected("cannot find the internal program " + path + ": " + std::strerror(opened.error().number) +
                         " (is the installation complete?)");
}

}  // namespace sallyport::privsep
