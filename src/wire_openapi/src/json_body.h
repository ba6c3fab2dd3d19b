#pragma once
// A JSON body as parameters. One thread per arena.

#include <span>
#include <string_view>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {

/// The members of one flat JSON object: strings unescaped, numbers and booleans as their text, null
/// left out. At most `max` members. 400 InvalidParameter if it is anything else (nested, malformed,
/// trailing text, not UTF-8). What simdjson copies of the body lies in the arena, which is wiped.
Result<std::span<NameValue>> json_fields(std::string_view body, Arena& arena, std::size_t max);

}  // namespace strongroom::wire_openapi
