// What a session's program is to print, in a file of its own that goes with this object.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "base/unique_fd.h"

namespace sallyport::bench {

class LoadFile {
 public:
  /// Exits on failure.
  explicit LoadFile(const std::string& text) {
    path_ = std::filesystem::temp_directory_path() / "sallyport-bench-XXXXXX";
    const UniqueFd created(::mkstemp(path_.data()));
    std::ofstream out(path_, std::ios::binary);
    if (!created.valid() || !out.write(text.data(), static_cast<std::streamsize>(text.size())).flush()) {
      std::perror("bench: a temporary file");
      std::exit(1);
    }
  }
  LoadFile(const LoadFile&) = delete;
  LoadFile& operator=(const LoadFile&) = delete;
  ~LoadFile() {
    std::error_code error;
    std::filesystem::remove(path_, error);
  }
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace sallyport::bench
