// The options of `sallyport` by name (command line 3.1), and how a word as typed finds its option: any letter case, a
// unique beginning, "no" in front of those that can be switched off. No system call.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace sallyport::client {

enum class OptionId : std::uint8_t {
  kClient,
  kServer,
  kPredict,
  kAlways,
  kNever,
  kOverwrite,
  kFamily,
  kInet,
  kInet6,
  kPort,
  kBindServer,
  kSsh,
  kSshPty,
  kInit,
  kLocal,
  kRemoteIp,
  kFakeProxy,
  kHelp,
  kVersion,
  kVerbose,
};

struct FoundOption {
  OptionId id = OptionId::kHelp;
  bool takes_value = false;
  bool negated = false;
};

/// `name` is the word without its dashes and without "=VALUE". The error is the complaint, without the program's name.
[[nodiscard]] Result<FoundOption, std::string> find_option(std::string_view name);

}  // namespace sallyport::client
