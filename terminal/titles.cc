#include "terminal/titles.h"

#include <utility>

namespace sallyport::terminal {

void TitleStack::push(const Strings& strings) {
  if (kept_.size() == kMaxDepth) kept_.pop_front();
  kept_.push_back({strings.icon_name, strings.window_title});
}

bool TitleStack::pop(TitleSelection selection, Framebuffer& frame) {
  if (kept_.empty()) return false;
  Names names = std::move(kept_.back());
  kept_.pop_back();
  Strings& strings = frame.mutable_strings();
  if (selection != TitleSelection::kWindow) strings.icon_name = std::move(names.icon);
  if (selection != TitleSelection::kIcon) strings.window_title = std::move(names.window);
  return true;
}

}  // namespace sallyport::terminal
