// Targets: privsep::decode<client::WorkerToGuard>
#include "fuzz/channel_round_trip.h"
#include "privsep/client_guard.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return sallyport::fuzz::decode_encodes_back<sallyport::privsep::client::WorkerToGuard>(data, size);
}
