// The doctor's ssh: one run that prints lines and is told words, bounded in everything. What the far side prints is
// hostile text.
#pragma once

#include <deque>
#include <optional>
#include <string>

#include "base/environment.h"
#include "base/secret_bytes.h"
#include "client/bootstrap/child.h"

namespace sallyport::client {

class RemoteShell {
 public:
  /// Starts ssh. On failure nothing runs.
  [[nodiscard]] static Result<RemoteShell, SystemError> start(const std::vector<std::string>& words,
                                                              const Environment& environment, const Clock& clock);

  /// The next line without its end, which may carry the session's key: the caller wipes it. Nothing at the end of the
  /// output, when `limit` has passed, or after a mebibyte.
  [[nodiscard]] std::optional<SecretBytes> line(Duration limit);
  /// Sends a word.
  void tell(std::string_view word);
  /// No more words come: waits for the end.
  [[nodiscard]] std::optional<sys::ExitStatus> finish(Duration limit);

 private:
  RemoteShell(Child child, UniqueFd input, UniqueFd output, const Clock& clock)
      : child_(std::move(child)), input_(std::move(input)), output_(std::move(output)), clock_(&clock) {}

  Child child_;
  UniqueFd input_;
  UniqueFd output_;
  const Clock* clock_;
  SecretBytes held_;
  std::size_t total_ = 0;
};

}  // namespace sallyport::client
