#include "client/bootstrap/option_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

namespace sallyport::client {
namespace {

enum class Kind : std::uint8_t { kFlag, kSwitch, kValue };  // a switch has a "no" form

struct Name {
  std::string_view text;
  OptionId id;
  Kind kind;
  bool ours = false;  ///< not of the stock wrapper, whose abbreviations keep their meaning
};

constexpr auto kNames = std::to_array<Name>({
    {"client", OptionId::kClient, Kind::kValue},
    {"server", OptionId::kServer, Kind::kValue},
    {"predict", OptionId::kPredict, Kind::kValue},
    {"a", OptionId::kAlways, Kind::kFlag},
    {"n", OptionId::kNever, Kind::kFlag},
    {"predict-overwrite", OptionId::kOverwrite, Kind::kSwitch},
    {"o", OptionId::kOverwrite, Kind::kSwitch},
    {"family", OptionId::kFamily, Kind::kValue},
    {"4", OptionId::kInet, Kind::kFlag},
    {"6", OptionId::kInet6, Kind::kFlag},
    {"p", OptionId::kPort, Kind::kValue},
    {"port", OptionId::kPort, Kind::kValue},
    {"bind-server", OptionId::kBindServer, Kind::kValue},
    {"ssh", OptionId::kSsh, Kind::kValue},
    {"ssh-pty", OptionId::kSshPty, Kind::kSwitch},
    {"init", OptionId::kInit, Kind::kSwitch},
    {"local", OptionId::kLocal, Kind::kFlag},
    {"experimental-remote-ip", OptionId::kRemoteIp, Kind::kValue},
    {"fake-proxy", OptionId::kFakeProxy, Kind::kFlag},
    {"help", OptionId::kHelp, Kind::kFlag},
    {"version", OptionId::kVersion, Kind::kFlag},
    {"verbose", OptionId::kVerbose, Kind::kFlag, true},
});

/// One way to write one option: the name itself, or with "no" before it.
struct Spelling {
  std::string text;
  const Name* name = nullptr;
  bool negated = false;
};

template <typename Use>
void for_each_spelling(const Use& use) {
  for (const Name& name : kNames) {
    use(Spelling{std::string(name.text), &name, false});
    if (name.kind != Kind::kSwitch) continue;
    use(Spelling{"no-" + std::string(name.text), &name, true});
    use(Spelling{"no" + std::string(name.text), &name, true});
  }
}

struct Candidates {
  std::optional<FoundOption> found;
  std::string names;  ///< for the complaint
  bool ambiguous = false;
};

Candidates beginning_with(std::string_view name, bool ours) {
  Candidates out;
  for_each_spelling([&](const Spelling& spelling) {
    if (spelling.name->ours != ours || !spelling.text.starts_with(name)) return;
    const FoundOption candidate{spelling.name->id, spelling.name->kind == Kind::kValue, spelling.negated};
    if (out.found && out.found->id == candidate.id && out.found->negated == candidate.negated) return;
    out.ambiguous = out.found.has_value();
    out.names += (out.names.empty() ? "" : ", ") + spelling.text;
    out.found = candidate;
  });
  return out;
}

}  // namespace

Result<FoundOption, std::string> find_option(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  std::optional<FoundOption> exact;
  for_each_spelling([&](const Spelling& spelling) {
    if (spelling.text == lower) exact = {spelling.name->id, spelling.name->kind == Kind::kValue, spelling.negated};
  });
  if (exact) return *exact;
  for (const bool ours : {false, true}) {
    const Candidates candidates = beginning_with(lower, ours);
    if (candidates.ambiguous) return std::unexpected("Option " + lower + " is ambiguous (" + candidates.names + ")");
    if (candidates.found) return *candidates.found;
  }
  return std::unexpected("Unknown option: " + lower);
}

}  // namespace sallyport::client
