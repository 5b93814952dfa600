// Targets: privsep::decode<MonitorToNet>
#include "fuzz/channel_round_trip.h"
#include "privsep/net_monitor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return sallyport::fuzz::decode_encodes_back<sallyport::privsep::MonitorToNet>(data, size);
}
