// Prints the policy that is named on the command line: the program behind scripts/dump-policy.
#include <cstdio>
#include <string_view>

#include "sandbox/dump.h"

int main(int argc, char** argv) {
  for (const sallyport::sandbox::Policy* policy : sallyport::sandbox::all_policies()) {
    if (argc == 2 && std::string_view(argv[1]) == policy->name) {
      return std::fputs(sallyport::sandbox::dump(*policy).c_str(), stdout) < 0 ? 1 : 0;
    }
  }
  std::fputs("usage: policy_dump net|terminal|monitor\n", stderr);
  return 2;
}
