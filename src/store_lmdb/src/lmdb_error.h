#pragma once
// LMDB's return codes in our terms.

#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::store_lmdb {

/// kCorrupt for damage that LMDB noticed, kUnavailable for everything that may pass (disk full, map
/// full, memory). `doing` completes "the store could not ...".
Error lmdb_error(int code, std::string_view doing);

/// The same for a failed system call.
Error system_error(int code, std::string_view doing);

/// For a state in which nobody can know any more what is on the disk: says so on standard error and
/// aborts. After a failed sync the kernel may have dropped the pages, so a second sync proves
/// nothing; only a restart reads the truth.
[[noreturn]] void end_process(std::string_view what, int code);

}  // namespace strongroom::store_lmdb
