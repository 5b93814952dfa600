// close_range(2) with its fallback; internal to privsep/ (spawn and arrange).
#pragma once

namespace sallyport::privsep {

/// Closes descriptors `first` to `last`, both included; nothing if `first` is greater. Kernels before 5.9: one by one
/// up to the hard limit of descriptors, at most 2^20. Safe after a fork.
void close_range(unsigned first, unsigned last);

}  // namespace sallyport::privsep
