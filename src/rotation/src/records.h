#pragma once
// The body of a kRotationTarget record: the name of the secret that has an account of a target.

#include <string>

#include "strongroom/base/bytes.h"
#include "strongroom/base/result.h"

namespace strongroom::rotation {

std::string encode_holder(const std::string& secret);
/// kCorrupt if it is none.
Result<std::string> decode_holder(ByteView body);

}  // namespace strongroom::rotation
