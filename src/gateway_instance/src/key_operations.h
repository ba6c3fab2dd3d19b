#pragma once
// The handlers of the actions on keys (instance-protocol.md §3). See service/operation.h for what a
// handler may rely on.

#include "strongroom/service/operation.h"

namespace strongroom::gateway_instance {

Result<void> encrypt(service::Call& call);
Result<void> decrypt(service::Call& call);
Result<void> advance_encrypt(service::Call& call);
Result<void> advance_decrypt(service::Call& call);
Result<void> sign(service::Call& call);
Result<void> verify(service::Call& call);
Result<void> get_public_key(service::Call& call);
Result<void> generate_random(service::Call& call);
Result<void> generate_data_key(service::Call& call);
Result<void> advance_generate_data_key(service::Call& call);
Result<void> generate_data_key_pair(service::Call& call);
Result<void> advance_generate_data_key_pair(service::Call& call);

}  // namespace strongroom::gateway_instance
