#include "lmdb_error.h"

#include <lmdb.h>

#include <cstdlib>
#include <string>
#include <system_error>

#include "strongroom/base/log.h"

namespace strongroom::store_lmdb {

Error lmdb_error(int code, std::string_view doing) {
  const std::string message =
      "the store could not " + std::string(doing) + ": " + mdb_strerror(code);
  switch (code) {
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
    case MDB_INCOMPATIBLE:
      return Error(ErrorKind::kCorrupt, "StoreCorrupt", message);
    case MDB_MAP_FULL:
      return Error(ErrorKind::kUnavailable, "StoreFull",
                   message + "; raise the store's map size and restart");
    case ENOSPC:
    case EDQUOT:
      return Error(ErrorKind::kUnavailable, "DiskFull", message + "; free space on the data disk");
    default:
      return Error(ErrorKind::kUnavailable, "StoreUnavailable", message);
  }
}

Error system_error(int code, std::string_view doing) {
  return Error(
      ErrorKind::kUnavailable, "StoreUnavailable",
      "the store could not " + std::string(doing) + ": " + std::generic_category().message(code));
}

void end_process(std::string_view what, int code) {
  log::error("store_ends_process",
             {{"what", what}, {"cause", std::string_view(mdb_strerror(code))}});
  std::abort();
}

}  // namespace strongroom::store_lmdb
