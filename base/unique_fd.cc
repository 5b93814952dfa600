#include "base/unique_fd.h"

#include <unistd.h>

namespace sallyport {

void UniqueFd::reset() {
  if (number_ >= 0) {
    ::close(std::exchange(number_, -1));
  }
}

}  // namespace sallyport
