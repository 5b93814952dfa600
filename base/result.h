// Results of functions that can fail, and TRY, which hands a failure to the caller. No exceptions are thrown anywhere in
// this tree. Linked by every compartment.
#pragma once

#include <expected>
#include <utility>

namespace sallyport {

template <typename T, typename E>
using Result = std::expected<T, E>;

/// The kernel refused: which call, and errno as it left it.
struct SystemError {
  const char* call = "";  ///< static string: the system call's name, for messages
  int number = 0;         ///< errno
};

/// Evaluates to the value of `expression`, or returns its error from the enclosing function (a Result with the same error
/// type). A GNU statement expression, as both GCC and Clang have it.
#define TRY(expression)                                            \
  ({                                                               \
    auto try_result_ = (expression);                               \
    if (!try_result_) {                                            \
      return std::unexpected(std::move(try_result_).error());      \
    }                                                              \
    std::move(*try_result_);                                       \
  })

/// As TRY for results without a value.
#define TRY_VOID(expression)                                       \
  do {                                                             \
    auto try_result_ = (expression);                               \
    if (!try_result_) {                                            \
      return std::unexpected(std::move(try_result_).error());      \
    }                                                              \
  } while (false)

}  // namespace sallyport
