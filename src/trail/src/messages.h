#pragma once
// The usual message of an error code. The log itself keeps codes only: a message can quote what the
// caller sent.

#include <string_view>

namespace strongroom::trail {

/// Empty for no error; a general text for a code without one of its own.
std::string_view message_of(std::string_view code);

}  // namespace strongroom::trail
