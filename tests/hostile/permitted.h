// What may reach the session's program, computed from architecture 3 alone: typed input of accepted messages, and
// replies from the closed list, no more than introducers went by. Shares no line with the product: layouts, bounds and
// words are written out again, so that a mistake there is not repeated here.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sallyport::hostile {

enum class Verdict {
  kAccepted,
  kViolation,  ///< ends the sender and the session
  kFarewell,   ///< ends the session without blame: Goodbye, or a record that reads as end of file
};

/// One session as the monitor must see it. Time is in milliseconds.
class Permitted {
 public:
  /// What net and terminal send, in the order in which the monitor takes it. `descriptor`: one was attached. Asked no
  /// more after the first verdict that is not kAccepted.
  Verdict net(std::string_view record, bool descriptor);
  Verdict terminal(std::string_view record, bool descriptor, std::int64_t now);
  /// The terminal was handed this output.
  void printed(std::string_view output, std::int64_t now);
  /// What net was told: with Consumed, so much of its credit is there again.
  void told_net(std::string_view record);

  /// Everything that may reach the program, in order.
  [[nodiscard]] const std::string& to_program() const { return to_program_; }
  /// The program may have started.
  [[nodiscard]] bool released() const { return released_; }
  [[nodiscard]] bool running() const { return running_; }
  [[nodiscard]] std::uint64_t newest_input() const { return newest_input_; }
  [[nodiscard]] std::uint64_t newest_resize() const { return newest_resize_; }
  [[nodiscard]] std::uint32_t most_columns() const { return most_columns_; }
  [[nodiscard]] std::uint32_t most_rows() const { return most_rows_; }
  [[nodiscard]] std::size_t unread() const { return unread_; }
  [[nodiscard]] std::uint64_t queries() const { return queries_; }
  [[nodiscard]] std::uint64_t replies() const { return replies_; }

 private:
  [[nodiscard]] bool input_permitted(std::string_view body);
  [[nodiscard]] bool resize_permitted(std::string_view body);
  [[nodiscard]] bool may_reply(std::int64_t now);

  std::string to_program_;
  bool running_ = false;  ///< a client has come
  bool released_ = false;
  std::uint64_t newest_input_ = 0, newest_resize_ = 0;
  std::uint32_t columns_ = 80, rows_ = 24, most_columns_ = 80, most_rows_ = 24;
  std::size_t unread_ = 0;
  std::uint32_t introducers_ = 0;  ///< unanswered, of the last second
  std::int64_t newest_introducer_ = 0;
  std::uint64_t queries_ = 0, replies_ = 0;
};

/// Whether `text` is a sequence of replies from the closed list, whatever their digits.
[[nodiscard]] bool only_replies(std::string_view text);

}  // namespace sallyport::hostile
