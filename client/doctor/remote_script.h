// What `sallyport doctor` runs on the far side through ssh: one `sh -c` word that prints facts, each on a line that
// begins with "DOCTOR ", and then obeys the words "start", "seen" and "stop" on its standard input. Whatever happens,
// the server that it started and the folder that it made are gone when it ends. No system call.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/bootstrap/options.h"

namespace sallyport::client {

/// The text for the far side's shell. `locale`: NAME=VALUE words for -l.
[[nodiscard]] std::string remote_script(const CommandOptions& options, const std::vector<std::string>& locale);

/// The facts so far, the newest of each name. Values are the far side's words.
using RemoteFacts = std::map<std::string, std::string, std::less<>>;
/// True if `line` was one and is now among them. At most 4 KiB of a value are kept, of names that the script prints.
bool take_fact(std::string_view line, RemoteFacts& facts);

}  // namespace sallyport::client
