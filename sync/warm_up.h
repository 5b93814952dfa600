// First use of net's libraries, before lock-down: some look at the system once, which the filter would not permit.
#pragma once

namespace sallyport::sync {

/// Sends one instruction from a made-up client to a made-up server and back, with throw-away keys: AES, zlib, protobuf.
void use_each_library_once();

}  // namespace sallyport::sync
