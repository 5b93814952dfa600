// Targets: privsep::decode<client::NetToScreen>
#include "fuzz/channel_round_trip.h"
#include "privsep/client_net_screen.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return sallyport::fuzz::decode_encodes_back<sallyport::privsep::client::NetToScreen>(data, size);
}
