// The simulator's screen: a text, a size and an echo ack. Its diffs name the text that they start from, so that a
// diff applied to a wrong base is noticed. Written over the generated protobuf classes, as a second opinion on
// proto/.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "base/bytes.h"
#include "base/strong_id.h"
#include "host.pb.h"  // generated

namespace sallyport::sync::sim {

/// What a correct server never makes its client see.
struct Faults {
  int wrong_base = 0;            ///< a diff applied to another text than it was made from
  int echo_ack_decreased = 0;    ///< stock aborts
  int undecodable = 0;
  int bad_throwaway = 0;         ///< throwaway_num above old_num, or decreasing
  int screen_went_back = 0;      ///< the newest state shows an older version than the one before
  [[nodiscard]] int total() const {
    return wrong_base + echo_ack_decreased + undecodable + bad_throwaway + screen_went_back;
  }
};

struct SimScreen {
  std::string text;
  WindowSize size;
  std::uint64_t echo_ack = 0;
  std::uint64_t version = 0;     ///< of text and size; travels inside the text's diff, to notice going back
  Faults* faults = nullptr;

  static std::string fingerprint(const std::string& text) { return std::to_string(std::hash<std::string>()(text)); }

  [[nodiscard]] bool shows_same(const SimScreen& other) const {
    return text == other.text && size == other.size && echo_ack == other.echo_ack;
  }

  /// Host bytes from `older`: fingerprint of its text, version, the new text. Empty if nothing has changed since.
  [[nodiscard]] std::string host_bytes_from(const SimScreen& older) const {
    if (version == older.version) return {};
    return fingerprint(older.text) + ' ' + std::to_string(version) + ' ' + text;
  }

  /// Wire 7.3.
  [[nodiscard]] std::string diff_from(const SimScreen& older) const {
    HostBuffers::HostMessage message;
    if (echo_ack != older.echo_ack) message.add_instruction()->mutable_echoack()->set_echo_ack_num(echo_ack);
    if (size != older.size) {
      auto* resize = message.add_instruction()->mutable_resize();
      resize->set_width(static_cast<std::int32_t>(size.columns));
      resize->set_height(static_cast<std::int32_t>(size.rows));
    }
    const std::string bytes = host_bytes_from(older);
    if (!bytes.empty()) message.add_instruction()->mutable_hostbytes()->set_hoststring(bytes);
    return message.SerializeAsString();
  }

  /// Wire 7.4.
  bool apply(std::span<const std::byte> diff) {
    HostBuffers::HostMessage message;
    if (!message.ParseFromString(std::string(text_of(diff)))) {
      if (faults != nullptr) ++faults->undecodable;
      return false;
    }
    for (const auto& instruction : message.instruction()) {
      if (instruction.has_hostbytes()) {
        apply_bytes(instruction.hostbytes().hoststring());
      } else if (instruction.has_resize()) {
        size = {static_cast<std::uint32_t>(instruction.resize().width()),
                static_cast<std::uint32_t>(instruction.resize().height())};
      } else if (instruction.has_echoack()) {
        if (instruction.echoack().echo_ack_num() < echo_ack && faults != nullptr) ++faults->echo_ack_decreased;
        echo_ack = instruction.echoack().echo_ack_num();
      }
    }
    return true;
  }

  void apply_bytes(const std::string& bytes) {
    if (bytes.empty()) return;  // a terminal does nothing with nothing
    const auto first = bytes.find(' ');
    const auto second = bytes.find(' ', first + 1);
    if (bytes.substr(0, first) != fingerprint(text) && faults != nullptr) ++faults->wrong_base;
    version = std::stoull(bytes.substr(first + 1, second - first - 1));
    text = bytes.substr(second + 1);
  }
};

}  // namespace sallyport::sync::sim
