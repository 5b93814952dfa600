// What the environment says about the client (command line 2.1, 2.5), as a value. Linked by guard alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/environment.h"
#include "base/result.h"
#include "client/common/compartment_arguments.h"

namespace sallyport::client {

struct Settings {
  PredictionMode prediction = PredictionMode::kAdaptive;
  bool overwrite = false;
  bool title_prefix = true;
  bool terminal_init = true;  ///< smcup and rmcup are sent
  bool clipboard = true;
  std::optional<std::uint8_t> escape_key;
  std::string terminal_type;  ///< TERM, empty if unset
};

/// The error is one line with its newline.
[[nodiscard]] Result<Settings, std::string> settings_from(const Environment& environment);

/// MOSH_ESCAPE_KEY's meaning (spec: 2.5): unset, or what cannot be an escape key, gives the default, Ctrl-^; the empty
/// string gives none.
[[nodiscard]] std::optional<std::uint8_t> escape_key_from(std::optional<std::string_view> text);

}  // namespace sallyport::client
