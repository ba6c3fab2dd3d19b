#include "watch_hub.h"

#include <algorithm>
#include <utility>

#include "strongroom/base/check.h"

namespace strongroom::store_lmdb {

using store::Revision;
using store::Write;

struct WatchHub::Watcher {
  // Held while on_change runs, so that stopping waits for a running call. Recursive: a watch may be
  // dropped from within its own callback.
  std::recursive_mutex calling;
  bool stopped = false;
  Revision seen;  // commit thread, after registration
  store::Store::OnChange on_change;
};

class WatchHub::Handle final : public store::Store::Watch {
 public:
  explicit Handle(std::shared_ptr<Watcher> watcher) : watcher_(std::move(watcher)) {}
  ~Handle() override {
    const std::lock_guard lock(watcher_->calling);
    watcher_->stopped = true;
  }

 private:
  std::shared_ptr<Watcher> watcher_;
};

WatchHub::WatchHub(Revision newest) : forgotten_(newest) {}

WatchHub::~WatchHub() {
  for (const auto& watcher : watchers_) SR_CHECK(watcher->stopped);  // a watch outlived its store
}

Result<std::unique_ptr<store::Store::Watch>> WatchHub::watch(Revision from,
                                                             store::Store::OnChange on_change) {
  auto watcher = std::make_shared<Watcher>();
  watcher->seen = from;
  watcher->on_change = std::move(on_change);
  const std::lock_guard lock(mutex_);
  if (from < forgotten_) {
    return fail(ErrorKind::kNotFound, "Compacted",
                "changes since this revision are no longer kept: start from a snapshot");
  }
  watchers_.push_back(watcher);
  return std::make_unique<Handle>(std::move(watcher));
}

void WatchHub::add(Revision revision, std::vector<Write> writes) {
  std::size_t bytes = sizeof(Kept);
  for (const Write& write : writes) {
    bytes += sizeof(Write) + write.key.size() + (write.record ? write.record->size() : 0);
  }
  const std::lock_guard lock(mutex_);
  kept_.push_back({revision, std::move(writes), bytes});
  kept_bytes_ += bytes;
}

void WatchHub::deliver() {
  std::vector<std::shared_ptr<Watcher>> watchers;
  {
    const std::lock_guard lock(mutex_);
    watchers = watchers_;
  }
  for (const auto& watcher : watchers) deliver_to(*watcher);

  const std::lock_guard lock(mutex_);
  std::erase_if(watchers_, [](const auto& watcher) {
    const std::lock_guard calling(watcher->calling);
    return watcher->stopped;
  });
  Revision seen_by_all = kept_.empty() ? forgotten_ : kept_.back().revision;
  for (const auto& watcher : watchers_) seen_by_all = std::min(seen_by_all, watcher->seen);
  trim_to(seen_by_all);
}

void WatchHub::deliver_to(Watcher& watcher) const {
  const std::lock_guard lock(watcher.calling);
  const auto first = std::ranges::upper_bound(kept_, watcher.seen, {}, &Kept::revision);
  for (auto kept = first; kept != kept_.end() && !watcher.stopped; ++kept) {
    watcher.on_change(kept->revision, kept->writes);
    watcher.seen = kept->revision;
  }
}

void WatchHub::trim_to(Revision seen_by_all) {
  while (!kept_.empty() && kept_.front().revision <= seen_by_all &&
         (kept_.size() > limits::kWatchBacklogChangesMax ||
          kept_bytes_ > limits::kWatchBacklogBytesMax)) {
    forgotten_ = kept_.front().revision;
    kept_bytes_ -= kept_.front().bytes;
    kept_.pop_front();
  }
}

}  // namespace strongroom::store_lmdb
