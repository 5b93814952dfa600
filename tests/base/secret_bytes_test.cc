#include "base/secret_bytes.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace sallyport {
namespace {

TEST(SecretBytes, AppendDoesWhatInsertingAtTheEndDoes) {
  std::mt19937 random(1);
  SecretBytes appended;
  SecretBytes inserted;
  for (const std::size_t size : {0U, 1U, 7U, 0U, 100U, 4096U, 1U, 70000U}) {
    std::vector<std::byte> piece(size);
    std::generate(piece.begin(), piece.end(), [&] { return static_cast<std::byte>(random()); });
    append(appended, piece);
    inserted.insert(inserted.end(), piece.begin(), piece.end());
    ASSERT_EQ(appended, inserted) << size;
  }
}

}  // namespace
}  // namespace sallyport
