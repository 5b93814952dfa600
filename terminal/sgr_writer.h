// Writes renditions as SGR sequences that a stock client understands: semicolon parameters of terminal 2.3 only,
// either the canonical complete form or, where it is shorter, only what changes. Linked by the terminal compartment.
// Specification: terminal 2.3, 6.2.
#pragma once

#include "terminal/diff_buffer.h"
#include "terminal/rendition.h"

namespace sallyport::terminal {

/// What a stock client can show of `rendition`: no hyperlink, no faint, strike or overline, one kind of underline.
/// The rest cannot reach its user's terminal whatever is sent (terminal 4.7).
[[nodiscard]] constexpr Rendition stock_rendition(Rendition rendition) {
  constexpr auto kKept = static_cast<std::uint16_t>(kBold | kItalic | kBlink | kInverse | kInvisible);
  const bool underlined = rendition.underline() != Underline::kNone;
  rendition.attributes &= kKept;
  rendition.set_underline(underlined ? Underline::kSingle : Underline::kNone);
  rendition.link = 0;
  return rendition;
}

/// Brings a receiver from rendition `from` to `to`, both as stock_rendition() gives them. Nothing if they are equal.
void write_rendition_change(const Rendition& from, const Rendition& to, DiffBuffer& out);
/// Brings a receiver whose rendition is unknown to `to`: the canonical form, which begins with 0.
void write_rendition(const Rendition& to, DiffBuffer& out);

}  // namespace sallyport::terminal
