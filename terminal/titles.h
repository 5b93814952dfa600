// The stack of titles that full-screen programs use to leave the window's title as it was. Linked by the terminal
// compartment. Specification: terminal 4.7 (window operations), 9.12.
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "terminal/framebuffer.h"

namespace sallyport::terminal {

/// Which names a CSI 22 t or CSI 23 t means; the values are its second parameter.
enum class TitleSelection : std::uint8_t { kBoth = 0, kIcon = 1, kWindow = 2 };

class TitleStack {
 public:
  /// Keeps both names; the oldest of more than ten goes.
  void push(const Strings& strings);
  /// Takes the newest out and restores the names selected; false, and nothing done, if there is none.
  bool pop(TitleSelection selection, Framebuffer& frame);
  void clear() { kept_.clear(); }

 private:
  struct Names {
    std::string icon;
    std::string window;
  };
  static constexpr std::size_t kMaxDepth = 10;  // spec 4.7
  std::deque<Names> kept_;
};

}  // namespace sallyport::terminal
