// Targets: privsep::decode<TerminalToNet>
#include "fuzz/channel_round_trip.h"
#include "privsep/net_terminal.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return sallyport::fuzz::decode_encodes_back<sallyport::privsep::TerminalToNet>(data, size);
}
