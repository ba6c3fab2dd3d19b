#pragma once
// Which requests say what the tags of something are to be: there acs:RequestTag/<name> is the value
// that the request gives to that tag. In requests of any other action the key is absent. Pure.

#include <string_view>

namespace strongroom::access {

/// True for the actions ("kms:CreateSecret") whose requests set tags.
bool sets_tags(std::string_view action);

/// What acs:RequestTag/<name> begins with, in ASCII lower case.
inline constexpr std::string_view kRequestTagKey = "acs:requesttag/";

}  // namespace strongroom::access
