// Hexadecimal text and vector files for the tests of crypto and net.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace sallyport {

using Bytes = std::vector<std::byte>;

/// "-" is empty. Aborts on anything else that is not pairs of digits: a broken test, not a failed one.
inline Bytes from_hex(std::string_view text) {
  Bytes bytes;
  if (text == "-") return bytes;
  if (text.size() % 2 != 0) std::abort();
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::string pair(text.substr(i, 2));
    char* end = nullptr;
    bytes.push_back(static_cast<std::byte>(std::strtoul(pair.c_str(), &end, 16)));
    if (end != pair.c_str() + 2) std::abort();
  }
  return bytes;
}

/// The words of each line of tests/vectors/NAME that is not a comment.
inline std::vector<std::vector<std::string>> read_vectors(const std::string& name) {
  std::ifstream in(std::string(SALLYPORT_SOURCE_DIR) + "/tests/vectors/" + name);
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.empty() || line[0] == '#') continue;
    std::istringstream words(line);
    auto& row = rows.emplace_back();
    for (std::string word; words >> word;) row.push_back(word);
  }
  return rows;
}

}  // namespace sallyport
