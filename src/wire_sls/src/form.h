#pragma once
// Percent-encoded text of queries.

#include <string>
#include <string_view>

namespace strongroom::wire_sls {

/// As forms encode: '+' is a blank; a '%' without two digits stands for itself.
std::string form_decode(std::string_view text);

}  // namespace strongroom::wire_sls
