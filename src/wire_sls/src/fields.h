#pragma once
// Header fields and the query as the signatures cover them.

#include <map>
#include <string>
#include <string_view>

#include "strongroom/base/result.h"
#include "strongroom/wire_sls/wire_sls.h"

namespace strongroom::wire_sls {

inline constexpr std::size_t kAccessKeyIdMax = 128;
inline constexpr std::string_view kVersion4 = "SLS4-HMAC-SHA256";

/// By their names in lower case; of two of one name the first.
using Fields = std::map<std::string, std::string, std::less<>>;
Fields fields_of(const RequestParts& request);
/// Empty if it is not there.
std::string_view value_of(const Fields& fields, std::string_view name);
/// True for the fields of the service's own, which both versions cover.
bool is_extra(std::string_view name);

/// Decoded, sorted; of two of one name the first.
std::map<std::string, std::string> query_of(const RequestParts& request);

/// 400 ParameterInvalid.
std::unexpected<Error> invalid(std::string message);

/// The Authorization header is one of version 4.
Result<Signature> read_version_4(const RequestParts& request, const Fields& fields);

}  // namespace strongroom::wire_sls
