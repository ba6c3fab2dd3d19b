#pragma once
// Records as bytes, for the writers.

#include <string>

#include "strongroom/audit/log.h"

namespace strongroom::audit {

/// Appends what encode() returns.
void encode_to(std::string& out, const Record& record);
/// Appends a spool frame: length, leaf hash, entry.
void append_frame(std::string& out, const Record& record);
/// The same for an entry that is already encoded.
void append_frame(std::string& out, std::string_view entry);

}  // namespace strongroom::audit
