// Whether a compartment's turn had a reason. The test program links `base/sys`'s ppoll through here (--wrap): while a
// turn is watched waiting takes no time, and it is known whether anything would have ended the wait. Reasons without
// end are a busy loop.
#pragma once

namespace sallyport::hostile {

namespace internal {
/// While a turn is watched: set once a descriptor is ready or the compartment's own timer due. Else null.
bool*& woken_place();
}  // namespace internal

/// Runs `turn`, one turn of one compartment without a limit to its wait: true if something would have ended the wait.
template <typename Turn>
bool woken_in(Turn turn) {
  bool woken = false;
  internal::woken_place() = &woken;
  turn();
  internal::woken_place() = nullptr;
  return woken;
}

}  // namespace sallyport::hostile
