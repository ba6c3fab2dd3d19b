#pragma once
// What two wildcard patterns have in common.

#include <string_view>

namespace strongroom::service {

/// Whether some text fits both patterns, in which '*' stands for any characters and '?' for one
/// (policy::wildcard_match); in the second, '*' does not stand for ':', which no name has. Takes
/// time of the product of their lengths.
bool can_both_match(std::string_view first, std::string_view second);

}  // namespace strongroom::service
