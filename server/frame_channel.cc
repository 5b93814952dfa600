#include "server/frame_channel.h"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace sallyport::server {

using privsep::SendOutcome;
using privsep::Violation;

FrameChannel::FrameChannel(privsep::Channel terminal)
    : terminal_(std::move(terminal)), record_(privsep::kMaxElsewhereBytes) {}

void FrameChannel::request_frame(const sync::FrameRequest& request, TimePoint /*now*/) {
  held_ = request;
  flush();
}

void FrameChannel::flush() {
  if (!held_) return;
  std::array<std::byte, 32> scratch{};
  const privsep::TakeFrame take{held_->assumed, held_->acknowledged, held_->snapshot};
  if (terminal_.send_message(take, scratch) != SendOutcome::kSent) return;
  held_.reset();
  requested_ = true;
  dirty_allowed_ = std::min(dirty_allowed_ + 1, 2);
}

Result<std::optional<FrameChannel::News>, Violation> FrameChannel::receive() {
  const auto record = terminal_.receive(record_);
  if (!record) {
    if (record.error() == privsep::ReceiveFailure::kNothing) return std::nullopt;
    return std::unexpected(Violation::kTruncated);
  }
  const auto message = TRY(privsep::decode<privsep::TerminalToNet>(*record));
  News news;
  if (std::holds_alternative<privsep::Dirty>(message)) {
    if (dirty_allowed_ == 0) return std::unexpected(Violation::kOutOfPhase);
    --dirty_allowed_;
    news.dirty = true;
  } else if (const auto* modes = std::get_if<privsep::InputModes>(&message)) {
    cursor_keys_ = modes->application_cursor_keys ? sync::CursorKeyMode::kApplication : sync::CursorKeyMode::kNormal;
  } else if (const auto* part = std::get_if<privsep::Frame>(&message)) {
    if (const auto violation = add_part(*part)) return std::unexpected(*violation);
    if (part->last) {
      requested_ = false;
      header_.reset();
      news.frame = sync::FrameAnswer{part->base, part->snapshot, part->version, part->echo_ack, part->echo_ack_changed,
                                     part->size, part->size_changed, bytes_};
    }
  }
  return news;
}

std::optional<Violation> FrameChannel::add_part(const privsep::Frame& part) {
  if (!requested_) return Violation::kOutOfPhase;
  if (!header_) {
    if (part.part != 0) return Violation::kMismatch;
    header_ = part;
    header_->bytes = {};
    bytes_.clear();
  } else {
    const privsep::Frame& first = *header_;
    ++header_->part;
    if (part.part != first.part || part.base != first.base || part.snapshot != first.snapshot ||
        part.version != first.version || part.echo_ack != first.echo_ack || part.size != first.size ||
        part.size_changed != first.size_changed || part.echo_ack_changed != first.echo_ack_changed) {
      return Violation::kMismatch;
    }
  }
  if (part.bytes.size() > privsep::kMaxFrameBytes - bytes_.size()) return Violation::kOverCredit;
  bytes_.insert(bytes_.end(), part.bytes.begin(), part.bytes.end());
  return std::nullopt;
}

}  // namespace sallyport::server
