// Lets a test leave out layers of the sandbox, so that each of the others can be proved alone. No program includes this
// file; tests/sandbox/tree_test.cc searches the tree for one that does.
#pragma once

#include "sandbox/report.h"

namespace sallyport::sandbox::testing_only {

class LeaveOut {
 public:
  explicit LeaveOut(MechanismSet mechanisms) : mechanisms_(mechanisms) {}
  [[nodiscard]] bool has(Mechanism mechanism) const { return mechanisms_.has(mechanism); }

 private:
  MechanismSet mechanisms_;
};

}  // namespace sallyport::sandbox::testing_only
