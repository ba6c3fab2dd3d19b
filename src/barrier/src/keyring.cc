#include "keyring.h"

#include <cstring>
#include <iterator>
#include <mutex>

#include "primitives.h"
#include "reveal.h"
#include "strongroom/barrier/upkeep.h"
#include "strongroom/base/bytes.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kEpochBytes = 4 + 8 + kKeyBytes;
constexpr std::size_t kDerivedKeysMax = 10'000;

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "Barrier.KeyringCorrupt",
              "the keyring of the data is damaged: keep the data directory as it is and restore "
              "from a backup");
}

}  // namespace

Result<std::unique_ptr<Keyring>> Keyring::create(Instant now, Random& random) {
  auto ring = std::make_unique<Keyring>();
  SR_TRY(SecretBytes key, random_key(random));
  ring->current_ = 1;
  ring->epochs_.emplace(1, Epoch{now, std::move(key)});
  return ring;
}

Result<std::unique_ptr<Keyring>> Keyring::parse(const SecretBytes& body, std::size_t size) {
  const auto all = RecordReveal::view(body);
  if (size > all.size() || size < 5) return corrupt();
  const auto bytes = all.first(size);
  const char* chars = as_chars(bytes).data();
  auto ring = std::make_unique<Keyring>();
  ring->current_ = load_u32(chars);
  const std::size_t count = bytes[4];
  if (size != 5 + count * kEpochBytes) return corrupt();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = 5 + i * kEpochBytes;
    const Instant created{static_cast<std::int64_t>(load_u64(chars + at + 4))};
    SR_TRY(SecretBytes key, SecretBytes::copy_of(bytes.subspan(at + 12, kKeyBytes)));
    ring->epochs_.emplace(load_u32(chars + at), Epoch{created, std::move(key)});
  }
  if (!ring->epochs_.contains(ring->current()) || ring->epochs_.size() != count) return corrupt();
  return ring;
}

Result<SecretBytes> Keyring::encode() const {
  if (epochs_.size() > kKeyringEpochsMax) return internal_error("keyring: more than 255 epochs");
  SR_TRY(SecretBytes body, SecretBytes::zeroed(5 + epochs_.size() * kEpochBytes));
  const auto out = RecordReveal::fill(body);
  std::string head;
  append_u32(head, current());
  head.push_back(static_cast<char>(epochs_.size()));
  std::memcpy(out.data(), head.data(), head.size());
  std::size_t at = head.size();
  for (const auto& [number, epoch] : epochs_) {
    std::string clear;
    append_u32(clear, number);
    append_u64(clear, static_cast<std::uint64_t>(epoch.created.unix_ms));
    std::memcpy(out.data() + at, clear.data(), clear.size());
    const auto key = RecordReveal::view(epoch.key);
    std::memcpy(out.data() + at + clear.size(), key.data(), key.size());
    at += kEpochBytes;
  }
  return body;
}

std::vector<std::uint32_t> Keyring::epochs() const {
  const std::shared_lock lock(mutex_);
  std::vector<std::uint32_t> numbers;
  for (const auto& [number, epoch] : epochs_) numbers.push_back(number);
  return numbers;
}

Instant Keyring::since() const {
  const std::shared_lock lock(mutex_);
  return epochs_.at(current()).created;
}

Result<void> Keyring::copy_epoch(std::uint32_t number, Keyring& to) const {
  const Epoch& epoch = epochs_.at(number);
  SR_TRY(SecretBytes key, SecretBytes::copy_of(RecordReveal::view(epoch.key)));
  to.epochs_.emplace(number, Epoch{epoch.created, std::move(key)});
  return {};
}

Result<std::unique_ptr<Keyring>> Keyring::with_new_epoch(Instant now, std::uint32_t oldest,
                                                         Random& random) const {
  const std::shared_lock lock(mutex_);
  const auto first = epochs_.lower_bound(oldest);
  if (static_cast<std::size_t>(std::distance(first, epochs_.end())) >= kKeyringEpochsMax) {
    return fail(ErrorKind::kExhausted, "Keyring.Full",
                "the keyring holds as many epochs as it can: wait until the records of older ones "
                "are sealed again");
  }
  auto ring = std::make_unique<Keyring>();
  for (auto kept = first; kept != epochs_.end(); ++kept)
    SR_CHECK_OK(copy_epoch(kept->first, *ring));
  const std::uint32_t next = epochs_.rbegin()->first + 1;
  SR_TRY(SecretBytes key, random_key(random));
  ring->epochs_.emplace(next, Epoch{now, std::move(key)});
  ring->current_ = next;
  return ring;
}

Result<std::unique_ptr<Keyring>> Keyring::current_only() const {
  const std::shared_lock lock(mutex_);
  auto ring = std::make_unique<Keyring>();
  SR_CHECK_OK(copy_epoch(current(), *ring));
  ring->current_ = current();
  return ring;
}

void Keyring::adopt(Keyring&& newer) {
  const std::unique_lock lock(mutex_);
  for (auto& [number, epoch] : newer.epochs_) epochs_.try_emplace(number, std::move(epoch));
  current_.store(newer.current(), std::memory_order_release);
}

Result<std::shared_ptr<const SecretBytes>> Keyring::account_key(std::uint32_t epoch,
                                                                AccountId account) const {
  const Name name{epoch, account.number()};
  {
    const std::shared_lock lock(mutex_);
    if (const auto found = derived_.find(name); found != derived_.end()) return found->second;
  }
  std::string context;
  append_u32(context, epoch);
  append_u64(context, account.number());
  const std::unique_lock lock(mutex_);
  const auto ring_key = epochs_.find(epoch);
  if (ring_key == epochs_.end()) return corrupt();
  SR_TRY(SecretBytes derived, kdf(ring_key->second.key, "account", context));
  auto shared = std::make_shared<const SecretBytes>(std::move(derived));
  if (derived_.size() >= kDerivedKeysMax) derived_.clear();
  return derived_.emplace(name, std::move(shared)).first->second;
}

}  // namespace strongroom::barrier
