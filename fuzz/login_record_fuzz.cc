// Targets: privsep::decode_login_record, server::login_record_text
#include <algorithm>
#include <span>

#include "base/bytes.h"
#include "base/check.h"
#include "privsep/login_record_messages.h"
#include "server/login_record_text.h"

// A record that decodes is exactly what encodes, and its text is an address and our own words.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sallyport;
  if (size < privsep::kLoginRecordBytes) return 0;
  const auto record = bytes_of(data, size).first<privsep::kLoginRecordBytes>();
  const auto message = privsep::decode_login_record(record);
  if (!message) return 0;
  CHECK(std::ranges::equal(privsep::encode_login_record(*message), record));
  const std::string text = server::login_record_text(7, *message);
  CHECK(text.ends_with("mosh [7]") && text.size() < 64);
  CHECK(text.find_first_not_of("0123456789abcdef:. viamosh[]") == std::string::npos);
  return 0;
}
