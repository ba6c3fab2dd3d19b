#include "cached_reader.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "reveal.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/time.h"

namespace strongroom::barrier {
namespace {

constexpr std::size_t kHeadOverhead = 128;  // control block, object, allocator
// A row object, and the derived key that most rows get: 64 locked bytes, a salt, their objects.
constexpr std::size_t kVersionOverhead = 96 + 64 + 32 + 128;
constexpr std::size_t kDerivedKeyBytes = 64;
constexpr std::size_t kFetchedMost = 2048;  // of one thing: longer values stream in by themselves
// No page comes from a disk in less, nor does a look that waits for none take more.
constexpr std::int64_t kWaitNsMin = 40'000;
constexpr std::uint64_t kMultiplier = 0x9fb21c651e98df25U;

std::size_t part(std::size_t bytes, double share) {
  return static_cast<std::size_t>(static_cast<double>(bytes) * share);
}

std::unexpected<Error> not_cached() {
  return fail(ErrorKind::kNotCached, "NotCached", "");  // short: made on the read path
}

// Of many secrets none lies in a near cache, and asking for all lines together takes as long as
// waiting for one of them.
void prefetch(const void* data, std::size_t bytes) {
  constexpr std::size_t kLine = 64;
  const char* at = static_cast<const char*>(data);
  for (std::size_t i = 0; i < std::min(bytes, kFetchedMost); i += kLine) {
    __builtin_prefetch(at + i);
  }
}

// How often this thread had to wait for a page of a file.
long waits_for_pages() {
  rusage usage{};
  return getrusage(RUSAGE_THREAD, &usage) == 0 ? usage.ru_majflt : 0;
}

std::uint64_t random_seed(Random& random) {
  std::uint64_t seed = 0;
  random.fill({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  return seed;
}

}  // namespace

Result<void> leave_io_thread(const Reader& reader) {
  if (!reader.on_io_thread()) return {};
  return not_cached();
}

ThreadCache::ThreadCache(Core& core, MailRoom& rooms, double share)
    : core_(core),
      rooms_(rooms),
      mailbox_(rooms.open()),
      seed_(random_seed(core.random())),
      names_(part(limits::kPrefixCacheBytes, share)),
      heads_(part(limits::kHeadCacheBytes, share)),
      versions_(part(limits::kBlobCacheBytes + limits::kDerivedKeyCacheBytes, share)) {}

// Keyed by a seed so that names cannot be chosen to collide; quality beyond that is not needed.
std::uint64_t ThreadCache::hash_of_name(const NameView& name) const {
  std::uint64_t hash = (seed_ ^ name.account) * kMultiplier + name.kind + name.name.size();
  const char* at = name.name.data();
  std::size_t left = name.name.size();
  while (left > 0) {
    std::uint64_t word = 0;
    const std::size_t step = left < sizeof word ? left : sizeof word;
    std::memcpy(&word, at, step);
    hash = (hash ^ (hash >> 29U) ^ word) * kMultiplier;
    at += step;
    left -= step;
  }
  return hash ^ (hash >> 32U);
}

const BlindedPrefix& ThreadCache::prefix_of(const NameView& name) {
  if (last_name_ == name) return last_prefix_;
  const std::uint64_t hash = hash_of_name(name);
  if (Known* known = names_.find(hash, name)) {
    fetch_ahead(known->footprint);
    last_prefix_ = known->prefix;
    last_footprint_ = &known->footprint;
  } else {
    last_prefix_ = blind(core_.k_index(), AccountId(name.account), name.kind, name.name);
    names_.insert(hash, Name(name), {last_prefix_, {}}, name.name.size());
    last_footprint_ = nullptr;
  }
  last_name_ = Name(name);
  return last_prefix_;
}

void ThreadCache::fetch_ahead(const Footprint& footprint) const {
  if (footprint.body != nullptr) {
    heads_.prefetch(footprint.head_hash);
    __builtin_prefetch(footprint.head);
    prefetch(footprint.body, footprint.body_size);
  }
  if (footprint.row == nullptr) return;
  versions_.prefetch(footprint.row_hash);
  __builtin_prefetch(footprint.row);
  if (footprint.key != nullptr) {
    prefetch(footprint.key, sizeof(crypto::DerivedKey));
    prefetch(footprint.key_bytes, kDerivedKeyBytes);
  }
  prefetch(footprint.bytes, footprint.row_size);
}

void ThreadCache::note_head(std::uint64_t hash, const RecordRef& head) {
  if (last_footprint_ == nullptr) return;
  const ByteView body = head->body();
  last_footprint_->head_hash = static_cast<std::uint32_t>(hash);
  last_footprint_->head = head.get();
  last_footprint_->body = body.data();
  last_footprint_->body_size = static_cast<std::uint16_t>(std::min(body.size(), kFetchedMost));
}

void ThreadCache::note_version(std::uint64_t hash, const Version& version) {
  if (last_footprint_ == nullptr) return;
  Footprint& footprint = *last_footprint_;
  footprint.row = version.row.get();
  footprint.bytes = version.row->bytes.data();
  footprint.row_size =
      static_cast<std::uint16_t>(std::min(version.row->bytes.size(), kFetchedMost));
  footprint.row_hash = static_cast<std::uint32_t>(hash);
  footprint.key = version.key.get();
  if (version.key) footprint.key_bytes = RecordReveal::view(version.key->kenc_kcom).data();
}

RowKey ThreadCache::key_of(const Address& address) {
  const NameView name{address.account.number(), kind_of(address.type), address.name};
  RowKey key;
  key[0] = kResourceTable;
  std::memcpy(key.data() + 1, prefix_of(name).data(), kPrefixBytes);
  key[1 + kPrefixBytes] = static_cast<char>(address.type);
  for (std::size_t i = 0; i < 4; ++i) {
    key[2 + kPrefixBytes + i] = static_cast<char>(address.version >> (24 - 8 * i));
  }
  return key;
}

std::unexpected<Error> ThreadCache::miss() {
  missed_ = true;
  return not_cached();
}

Result<RecordRef> ThreadCache::read(const Address& address) {
  if (!up_to_date()) return sealed_error();
  const RowKey key = key_of(address);
  const std::uint64_t hash = hash_of(key);
  const auto* entry = heads_.find(hash, key);
  if (entry == nullptr) return miss();
  if (!entry->value) return not_found();
  note_head(hash, entry->value);
  return entry->value;
}

Result<RawRef> ThreadCache::read_raw(const Address& address) {
  if (!up_to_date()) return sealed_error();
  const RowKey key = key_of(address);
  const std::uint64_t hash = hash_of(key);
  const auto* entry = versions_.find(hash, key);
  if (entry == nullptr) return miss();
  note_version(hash, entry->value);
  return entry->value.row;
}

std::shared_ptr<const crypto::DerivedKey> ThreadCache::derived(const Address& address) {
  if (!up_to_date()) return nullptr;
  const RowKey key = key_of(address);
  const auto* entry = versions_.find(hash_of(key), key);
  return entry == nullptr ? nullptr : entry->value.key;
}

void ThreadCache::remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) {
  if (!up_to_date()) return;
  const RowKey row_key = key_of(address);
  const std::uint64_t hash = hash_of(row_key);
  auto* version = versions_.find(hash, row_key);
  if (version != nullptr) version->value.key = std::move(key);
}

void ThreadCache::expect(const Address& address) const {
  names_.prefetch(hash_of_name({address.account.number(), kind_of(address.type), address.name}));
}

void ThreadCache::keep(const RowKey& key, RecordRef head, store::Revision revision) {
  const std::uint64_t hash = hash_of(key);
  if (!current(hash, revision)) return;
  const std::size_t bytes = head ? head->body().size() + kHeadOverhead : 0;
  heads_.insert(hash, key, {std::move(head), revision}, bytes);
}

void ThreadCache::keep(const RowKey& key, RawRef row, store::Revision revision) {
  const std::uint64_t hash = hash_of(key);
  if (!current(hash, revision)) return;
  const std::size_t bytes = row->bytes.size() + kVersionOverhead;
  versions_.insert(hash, key, {{std::move(row), nullptr}, revision}, bytes);
}

void ThreadCache::fill(ReadSet&& set) {
  if (!up_to_date()) return;
  for (auto& head : set.heads)
    keep(row_key_from(head.row_key), std::move(head.record), set.revision);
  for (auto& raw : set.raws) keep(row_key_from(raw.row_key), std::move(raw.row), set.revision);
  for (auto& derived : set.derived) {
    const RowKey key = row_key_from(derived.row_key);
    const std::uint64_t hash = hash_of(key);
    if (!current(hash, set.revision)) continue;
    auto* version = versions_.find(hash, key);
    if (version != nullptr) version->value.key = std::move(derived.key);
  }
}

std::uint64_t ThreadCache::identity_generation() {
  up_to_date();
  return identity_generation_;
}

template <class T>
void ThreadCache::forget(RowMap<T>& map, std::uint64_t hash, const RowKey& key,
                         store::Revision changed) {
  const auto* entry = map.find(hash, key);
  if (entry != nullptr && entry->seen < changed) map.erase(hash, key);
}

void ThreadCache::apply(const Changes& changes) {
  for (const RowKey& key : changes.keys) {
    const std::uint64_t hash = hash_of(key);
    forget(heads_, hash, key, changes.revision);
    forget(versions_, hash, key, changes.revision);
    recent_[hash % kRecentSlots] = changes.revision;
  }
  identity_generation_ += changes.identity_changes;
}

void ThreadCache::apply_news() {
  const Mailbox::News news = mailbox_->take();
  if (news.overflow > floor_) {
    clear();
    floor_ = news.overflow;
  }
  for (const auto& changes : news.changes) apply(*changes);
}

// What the cache holds after up_to_date() is of the newest published commit. A snapshot of just
// that one fits to it, and so does every row that stays cached while the call goes on: changes that
// come in meanwhile only take rows away.
std::unique_ptr<Reader> ThreadCache::through() {
  if (!std::exchange(missed_, false) || core_.sums().verified_count() != kBuckets) return nullptr;
  const std::int64_t now_ns = monotonic_ns();
  if (!looks_.open(now_ns)) return nullptr;
  const store::Revision published = rooms_.published();
  if (!up_to_date()) return nullptr;
  auto snapshot = core_.engine().snapshot();
  if (!snapshot || (*snapshot)->revision() != published) return nullptr;
  return std::make_unique<ThroughReader>(*this, core_, std::move(*snapshot), now_ns);
}

// Asking the kernel takes a good part of what a look does: only after one that took long.
void ThreadCache::looked(std::int64_t since_ns) {
  const std::int64_t now_ns = monotonic_ns();
  bool waited = false;
  if (now_ns - since_ns >= kWaitNsMin) {
    const long before = std::exchange(page_waits_, waits_for_pages());
    waited = page_waits_ != before;
  }
  looks_.note(waited, now_ns);
}

void ThreadCache::clear() {
  last_name_ = Name();
  last_footprint_ = nullptr;
  names_.clear();
  heads_.clear();
  versions_.clear();
  ++identity_generation_;
}

bool ThreadCache::drop_all() {
  if (heads_.size() + versions_.size() + names_.size() > 0) clear();
  return false;
}

ThroughReader::ThroughReader(ThreadCache& cache, Core& core,
                             std::unique_ptr<store::Snapshot> snapshot, std::int64_t since_ns)
    : cache_(cache), core_(core), snapshot_(std::move(snapshot)), since_ns_(since_ns) {}

ThroughReader::~ThroughReader() {
  cache_.looked(since_ns_);
}

Result<std::optional<store::Row>> ThroughReader::fetch(const RowKey& key) {
  if (++rows_ > limits::kThroughRowsMax) return not_cached();
  return core_.fetch(*snapshot_, {key.data(), key.size()});
}

Result<RecordRef> ThroughReader::read(const Address& address) {
  auto cached = cache_.read(address);
  if (cached || cached.error().kind() != ErrorKind::kNotCached) return cached;
  const RowKey key = cache_.key_of(address);
  SR_TRY(const auto row, fetch(key));
  RecordRef record;
  if (row) {
    SR_TRY(record, core_.open(address.account, *row));
  }
  cache_.keep(key, record, snapshot_->revision());
  if (!record) return not_found();
  return record;
}

Result<RawRef> ThroughReader::read_raw(const Address& address) {
  auto cached = cache_.read_raw(address);
  if (cached || cached.error().kind() != ErrorKind::kNotCached) return cached;
  const RowKey key = cache_.key_of(address);
  SR_TRY(auto row, fetch(key));
  if (!row) return not_found();
  auto raw = std::make_shared<const RawRow>(RawRow{std::move(row->record), row->modified});
  cache_.keep(key, raw, snapshot_->revision());
  return raw;
}

}  // namespace strongroom::barrier
