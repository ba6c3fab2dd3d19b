#pragma once
// Query strings and forms: split, decoded once, sorted; and their RFC 3986 re-encoding. One thread
// per arena.

#include <cstddef>
#include <span>
#include <string_view>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {

/// How many parameters `text` can hold at most: its '&' and one more. Zero if empty.
std::size_t count_fields(std::string_view text);

/// Splits and decodes ('+' is a blank, %XX in either case, well-formed UTF-8) into `out`, which has
/// room for count_fields(text). Returns how many there are; empty pieces ("a=1&&b=2") are skipped.
/// 400 InvalidParameter if malformed.
Result<std::size_t> split_fields(std::string_view text, Arena& arena, std::span<NameValue> out);

/// Sorts by name and drops repetitions of a whole pair. Returns how many remain; 400
/// InvalidParameter if one name has two values, so that signature check and handler can never read
/// different ones (gateway.md §1.3).
Result<std::size_t> sort_unique(std::span<NameValue> fields);

/// 400 InvalidParameter; the name is quoted only if it looks like one of the API's.
std::unexpected<Error> invalid_field(std::string_view name, std::string_view hint);

/// The percent-encoding of the percent-encoding, as the RPC string-to-sign needs it, written to
/// `out`; returns the end. Room: 5 bytes per byte.
char* encode_twice_to(char* out, std::string_view text);

}  // namespace strongroom::wire_openapi
