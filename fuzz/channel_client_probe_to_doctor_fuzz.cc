// Targets: privsep::decode<client::ProbeToDoctor>
#include "client/doctor/probe_messages.h"
#include "fuzz/channel_round_trip.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return sallyport::fuzz::decode_encodes_back<sallyport::client::ProbeToDoctor>(data, size);
}
