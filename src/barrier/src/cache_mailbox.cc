#include "cache_mailbox.h"

#include <algorithm>
#include <cstring>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"

namespace strongroom::barrier {
namespace {

// What a principal is built from.
bool is_identity(RecordType type) {
  switch (type) {
    case RecordType::kAccount:
    case RecordType::kUser:
    case RecordType::kUserPolicies:
    case RecordType::kUserGroups:
    case RecordType::kGroupPolicies:
    case RecordType::kRole:
    case RecordType::kRolePolicies:
    case RecordType::kPolicy:
    case RecordType::kAccessKey:
    case RecordType::kNetworkRule:
    case RecordType::kAccessPolicy:
    case RecordType::kAccessPoint:
    case RecordType::kClientKey:
    case RecordType::kRoleAccessPoint:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::uint64_t hash_of(const RowKey& key) {
  std::uint64_t prefix;
  std::uint64_t tail;  // the last bytes of the prefix, type and version
  std::memcpy(&prefix, key.data() + 1, sizeof prefix);
  std::memcpy(&tail, key.data() + key.size() - sizeof tail, sizeof tail);
  std::uint64_t hash = (prefix ^ (tail * 0x9e3779b97f4a7c15U));
  hash ^= hash >> 32U;
  return hash;
}

RowKey row_key_from(std::string_view key) {
  SR_CHECK(key.size() == kResourceKeyBytes);
  RowKey result;
  std::memcpy(result.data(), key.data(), result.size());
  return result;
}

Mailbox::~Mailbox() {
  take();
}

void Mailbox::post(std::shared_ptr<const Changes> changes) {
  const std::size_t keys = changes->keys.size();
  if (backlog_.load(std::memory_order_relaxed) + keys > limits::kInvalidationBacklogMax) {
    overflow_.store(changes->revision, std::memory_order_release);
    return;
  }
  backlog_.fetch_add(keys, std::memory_order_relaxed);
  auto node = std::make_unique<Node>(std::move(changes), nullptr);
  node->next = head_.load(std::memory_order_relaxed);
  while (!head_.compare_exchange_weak(node->next, node.get(), std::memory_order_release,
                                      std::memory_order_relaxed)) {
  }
  static_cast<void>(node.release());  // the stack owns it until take()
}

Mailbox::News Mailbox::take() {
  News news;
  // Posts are dropped only after this was stored, so what is missing below is covered by it.
  news.overflow = overflow_.load(std::memory_order_acquire);
  Node* node = head_.exchange(nullptr, std::memory_order_acquire);
  while (node != nullptr) {
    const std::unique_ptr<Node> owned(node);
    node = owned->next;
    backlog_.fetch_sub(owned->changes->keys.size(), std::memory_order_relaxed);
    news.changes.push_back(std::move(owned->changes));
  }
  std::ranges::reverse(news.changes);
  return news;
}

std::shared_ptr<Mailbox> MailRoom::open() {
  auto mailbox = std::make_shared<Mailbox>();
  const std::lock_guard lock(mutex_);
  std::erase_if(mailboxes_, [](const auto& weak) { return weak.expired(); });
  mailboxes_.push_back(mailbox);
  return mailbox;
}

void MailRoom::publish(store::Revision revision, std::span<const store::AppliedWrite> writes) {
  auto changes = std::make_shared<Changes>();
  changes->revision = revision;
  for (const store::AppliedWrite& applied : writes) {
    const auto type = type_of(applied.write->key);
    if (!type) continue;
    changes->keys.push_back(row_key_from(applied.write->key));
    if (is_identity(*type)) ++changes->identity_changes;
  }
  if (!changes->keys.empty()) {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : mailboxes_) {
      if (const auto mailbox = weak.lock()) mailbox->post(changes);
    }
  }
  published_.store(revision, std::memory_order_release);
}

}  // namespace strongroom::barrier
