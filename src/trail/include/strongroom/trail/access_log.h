#pragma once
// An entry of the audit log as a record of the KMS access log, `kms_audit_log`: flat, every value a
// text, fields as documented (docs/audit.md, "Call log"). Pure, thread-safe.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/audit_format/search.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"

namespace strongroom::trail {

/// Name and value; values that do not apply are empty, no field is left out.
using LogRecord = std::vector<std::pair<std::string_view, std::string>>;
LogRecord access_log_record(std::string_view entry);

/// The conditions under which an entry belongs to the access log of `account`.
std::vector<audit_format::Condition> access_log_of(AccountId account);
std::vector<audit_format::Condition> access_log_of_all();

/// A query of GetLogs as conditions: words and `field: value` joined by `and`, or all of them by
/// `or`; `not` in front of one; "…" around what holds blanks; `*` for everything. A word without a
/// field fits any of the fields people search by. Exact match, case included. kInvalidInput
/// (ParameterInvalid) for anything else: wildcards, ranges, parentheses, SQL behind `|`.
Result<std::vector<audit_format::Condition>> parse_query(std::string_view query);

}  // namespace strongroom::trail
