// What the command says of itself on standard error: messages, and with --verbose each step with the time since the
// start.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"

namespace sallyport::client {

/// Writes all of `text` as far as the descriptor takes it.
void print_out(std::string_view text);
void print_error(std::string_view text);

class Report {
 public:
  /// Borrows the clock. `program` stands before every line.
  Report(std::string program, bool verbose, const Clock& clock)
      : program_(std::move(program)), verbose_(verbose), clock_(&clock), start_(clock.now()) {}

  [[nodiscard]] const std::string& program() const { return program_; }
  [[nodiscard]] const Clock& clock() const { return *clock_; }
  /// Each line of `text` with the program's name before it.
  void say(std::string_view text) const;
  /// The same, with --verbose alone, and with the time.
  void step(std::string_view text) const;

 private:
  std::string program_;
  bool verbose_;
  const Clock* clock_;
  TimePoint start_;
};

}  // namespace sallyport::client
