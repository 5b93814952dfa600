#include "client/net/screen_queue.h"

#include <array>
#include <utility>

namespace sallyport::client {
namespace {

std::size_t cost_of(const SecretBytes& record) { return record.size() + kRecordCostBytes / 2; }

}  // namespace

ScreenQueue::ScreenQueue(privsep::Channel screen) : screen_(std::move(screen)), scratch_(privsep::kMaxElsewhereBytes) {}

void ScreenQueue::append(std::span<const std::byte> record) {
  if (failed_) return;
  waiting_.emplace_back(record.begin(), record.end());
  waiting_bytes_ += cost_of(waiting_.back());
}

void ScreenQueue::flush() {
  while (!failed_ && !waiting_.empty()) {
    const auto outcome = screen_.send(waiting_.front());
    if (outcome == privsep::SendOutcome::kFull) return;
    failed_ = outcome == privsep::SendOutcome::kClosed;
    waiting_bytes_ -= cost_of(waiting_.front());
    waiting_.pop_front();
  }
  if (!failed_) return;
  waiting_.clear();
  waiting_bytes_ = 0;
}

void ScreenQueue::check() {
  if (failed_) return;
  std::array<std::byte, 16> buffer{};
  const auto record = screen_.receive(buffer);
  failed_ = record || record.error() != privsep::ReceiveFailure::kNothing;
}

}  // namespace sallyport::client
