#pragma once
// ACS3-HMAC-SHA256 over a POST of a form body (gateway.md §2.1, §2.2). Pure.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/client/acs3.h"
#include "strongroom/client/client.h"

namespace strongroom::client {

/// The whole head, blank line included. kExhausted without locked memory.
Result<std::string> signed_head(const Settings& settings, const ApiCall& call, const Stamp& stamp,
                                const SecretBytes& body);

}  // namespace strongroom::client
