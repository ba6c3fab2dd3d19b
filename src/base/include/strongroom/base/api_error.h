#pragma once
// Answers that every library gives in the same words, the API's own (openapi.md §2.1): code and
// beginning of the message are what clients look for. Functions without state, any thread.

#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom {

/// 400 InvalidParameter for the parameter of this name. `hint` is a sentence that says what to give
/// instead; it never repeats the value, which may be a secret.
std::unexpected<Error> invalid_parameter(std::string_view name, std::string_view hint);

}  // namespace strongroom
