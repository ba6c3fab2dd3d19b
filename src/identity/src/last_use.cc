#include "last_use.h"

namespace strongroom::identity {
namespace {

bool is_dirty(const UseCell& cell) {
  return cell.last_ms.load(std::memory_order_relaxed) >
         cell.flushed_ms.load(std::memory_order_relaxed);
}

}  // namespace

std::shared_ptr<UseCell> LastUse::cell(std::string_view key_id) {
  const std::lock_guard lock(mutex_);
  if (const auto found = cells_.find(key_id); found != cells_.end()) return found->second;
  auto made = std::make_shared<UseCell>();
  made->key_id = key_id;
  cells_.emplace(std::string(key_id), made);
  return made;
}

std::shared_ptr<UseCell> LastUse::find(std::string_view key_id) {
  const std::lock_guard lock(mutex_);
  const auto found = cells_.find(key_id);
  return found == cells_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<UseCell>> LastUse::unflushed() {
  const std::lock_guard lock(mutex_);
  // Only the map holds it, so nobody can raise it while we look.
  std::erase_if(cells_, [](const auto& entry) {
    return entry.second.use_count() == 1 && !is_dirty(*entry.second);
  });
  std::vector<std::shared_ptr<UseCell>> dirty;
  for (const auto& [id, cell] : cells_) {
    if (is_dirty(*cell)) dirty.push_back(cell);
  }
  return dirty;
}

}  // namespace strongroom::identity
