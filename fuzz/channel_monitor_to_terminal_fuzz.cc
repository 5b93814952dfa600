// Targets: privsep::decode<MonitorToTerminal>
#include "fuzz/channel_round_trip.h"
#include "privsep/terminal_monitor.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return sallyport::fuzz::decode_encodes_back<sallyport::privsep::MonitorToTerminal>(data, size);
}
