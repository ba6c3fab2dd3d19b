#pragma once
// Files that commands read, and the audit log beside a server.

#include <functional>
#include <string>

#include "strongroom/base/result.h"

namespace strongroom::cli {

/// The whole file; kInvalidInput (NoSuchFile) if it cannot be read.
Result<std::string> read_file(const std::string& path);

/// The audit entry of a request, a JSON object; `directory` is the log, or the server's data
/// directory. kNotFound (AuditEntryNotFound), and what LogDirectory::open answers.
Result<std::string> audit_entry(const std::string& directory, const std::string& request_id);

/// Calls `body` with every entry of the log, oldest first; stops when it returns false. Errors of
/// LogDirectory.
Result<void> each_audit_entry(const std::string& directory,
                              const std::function<bool(const std::string& json)>& body);

}  // namespace strongroom::cli
