#pragma once
// How the commit thread tells I/O threads which rows have changed, without a lock between them.
//
// Each cache has a Mailbox: a stack that only grows until its owner takes all of it at once (so no
// ABA problem). The commit thread posts before any writer of the group is answered. A mailbox that
// nobody empties is not fed beyond a bound: it then only notes the newest revision, and its owner
// forgets everything.

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "row_key.h"
#include "strongroom/store/store.h"

namespace strongroom::barrier {

using RowKey = std::array<char, kResourceKeyBytes>;

/// Resource keys start with a keyed hash, so their bytes are as good as any hash of them.
std::uint64_t hash_of(const RowKey& key);
RowKey row_key_from(std::string_view key);  // kResourceKeyBytes long

struct Changes {
  store::Revision revision{};
  std::vector<RowKey> keys;
  std::uint64_t identity_changes = 0;
};

class alignas(64) Mailbox {
 public:
  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  /// Commit thread.
  void post(std::shared_ptr<const Changes> changes);

  /// Owner: whether take() has something to say.
  bool has_news(store::Revision overflow_seen) const {
    return head_.load(std::memory_order_acquire) != nullptr ||
           overflow_.load(std::memory_order_acquire) > overflow_seen;
  }
  /// Owner: everything posted since the last call, oldest first, and the revision up to which posts
  /// were dropped.
  struct News {
    std::vector<std::shared_ptr<const Changes>> changes;
    store::Revision overflow{};
  };
  News take();

 private:
  struct Node {
    std::shared_ptr<const Changes> changes;
    Node* next;
  };
  std::atomic<Node*> head_{nullptr};
  std::atomic<store::Revision> overflow_{store::Revision{}};
  std::atomic<std::size_t> backlog_{0};  // keys posted and not taken
};

/// All mailboxes of a store. Thread-safe.
class MailRoom {
 public:
  std::shared_ptr<Mailbox> open();
  /// Before the first publish(): what the store holds.
  void start_at(store::Revision revision) { published_.store(revision, std::memory_order_release); }
  /// Commit thread: posts the resource rows among `writes` to every mailbox.
  void publish(store::Revision revision, std::span<const store::AppliedWrite> writes);
  /// The newest commit of which every mailbox has been told.
  store::Revision published() const { return published_.load(std::memory_order_acquire); }

 private:
  std::mutex mutex_;  // held for a moment by open() and publish(), never by a reader
  std::vector<std::weak_ptr<Mailbox>> mailboxes_;
  std::atomic<store::Revision> published_{store::Revision{}};
};

}  // namespace strongroom::barrier
