// Select Graphic Rendition. Linked by the terminal compartment. Specification: terminal 2.3, 4.7.
#pragma once

#include "terminal/actions.h"
#include "terminal/rendition.h"

namespace sallyport::terminal {

/// `pen` changed as the parameters of a CSI m say. Unknown and malformed ones change nothing; an incomplete 38, 48 or
/// 58 swallows the rest. The hyperlink is not touched.
[[nodiscard]] Rendition with_sgr(const ControlSequence& sequence, Rendition pen);

}  // namespace sallyport::terminal
