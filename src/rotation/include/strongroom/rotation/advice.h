#pragma once
// What a person can do about a failure of a target, by its code. Pure.

#include <string>
#include <string_view>

namespace strongroom::rotation {

/// What failed, and what to do next. A message that says the latter itself, or a code of which
/// nothing general is known (an unforeseen answer of a target), stays as it is.
std::string advised(std::string_view code, std::string message);

}  // namespace strongroom::rotation
