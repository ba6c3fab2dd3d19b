#pragma once
// When each key last signed a call, in memory until flushed. A read costs one relaxed store into
// its key's cell; the map is only touched when a credential is built or facts are flushed.
// Thread-safe.

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/identity/credential.h"

namespace strongroom::identity {

class LastUse {
 public:
  /// The key's cell, made if there is none.
  std::shared_ptr<UseCell> cell(std::string_view key_id);
  /// The cell if there is one, else null.
  std::shared_ptr<UseCell> find(std::string_view key_id);
  /// Cells with a fact newer than the store's. Forgets cells that nobody uses and that are flushed.
  std::vector<std::shared_ptr<UseCell>> unflushed();

 private:
  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<UseCell>, std::less<>> cells_;
};

}  // namespace strongroom::identity
