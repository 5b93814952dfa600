#include "tests/faults/fault.h"

#include <array>

#include "base/decimal.h"

namespace sallyport::faults {
namespace {

std::optional<Deed> parse_deed(std::string_view text, int& number) {
  constexpr std::string_view kError = "error=";
  if (text == "fewer") return Deed::kFewer;
  if (text == "end") return Deed::kEnd;
  if (text == "segv") return Deed::kSegv;
  if (!text.starts_with(kError)) return {};
  const auto value = parse_decimal<std::uint32_t>(text.substr(kError.size()));
  if (!value || *value > 4095) return {};
  number = static_cast<int>(*value);
  return Deed::kError;
}

}  // namespace

std::optional<Fault> parse_fault(std::string_view text) {
  std::array<std::string_view, 6> words;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t colon = text.find(':');
    if ((colon == std::string_view::npos) != (i + 1 == words.size())) return {};
    words[i] = text.substr(0, colon);
    text.remove_prefix(colon == std::string_view::npos ? text.size() : colon + 1);
  }
  Fault fault{.process = std::string(words[0]), .call = {}};
  if (words[1] != "before" && words[1] != "after") return {};
  fault.phase = words[1] == "before" ? Phase::kBefore : Phase::kAfter;
  const auto call = parse_decimal<std::uint32_t>(words[2]);
  if (!call && words[2] != "any") return {};
  if (call) fault.call = static_cast<long>(*call);
  const auto first = parse_decimal<std::uint32_t>(words[3]);
  const auto times = parse_decimal<std::uint32_t>(words[4]);
  const auto deed = parse_deed(words[5], fault.number);
  if (!first || !times || !deed) return {};
  fault.first = static_cast<long>(*first);
  fault.times = static_cast<long>(*times);
  fault.deed = *deed;
  return fault;
}

}  // namespace sallyport::faults
