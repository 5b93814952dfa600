#include "tests/hostile/raw_channel.h"

#include "base/bytes.h"
#include "base/sys/io.h"
#include "tests/send_descriptor.h"

namespace sallyport::hostile {

bool send_raw(BorrowedFd channel, std::string_view record, bool descriptor) {
  if (descriptor) return testing::send_descriptor(channel.number(), record, 0) >= 0;
  return sys::send_record(channel, bytes_of(record)).has_value();
}

}  // namespace sallyport::hostile
