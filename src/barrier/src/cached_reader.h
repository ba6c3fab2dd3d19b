#pragma once
// One I/O thread's caches (reader.h, CachedReader), and the reader that looks past them. One
// thread, but for its mailbox.

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "cache_mailbox.h"
#include "clock_map.h"
#include "core.h"
#include "look_gate.h"
#include "strongroom/barrier/reader.h"

namespace strongroom::barrier {

class ThreadCache final : public CachedReader {
 public:
  ThreadCache(Core& core, MailRoom& rooms, double share);

  Result<RecordRef> read(const Address& address) override;
  Result<RawRef> read_raw(const Address& address) override;
  std::shared_ptr<const crypto::DerivedKey> derived(const Address& address) override;
  void remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) override;
  void expect(const Address& address) const override;
  void fill(ReadSet&& set) override;
  std::uint64_t identity_generation() override;
  std::unique_ptr<Reader> through() override;
  void clear() override;

  RowKey key_of(const Address& address);
  /// What a snapshot of `revision` held there, unless that has changed since; a null head: nothing.
  void keep(const RowKey& key, RecordRef head, store::Revision revision);
  void keep(const RowKey& key, RawRef row, store::Revision revision);
  /// A look past the cache ended, begun at `since_ns` (monotonic_ns).
  void looked(std::int64_t since_ns);

 private:
  // A cached thing and the revision up to which it is known to be current.
  template <class T>
  struct Entry {
    T value{};
    store::Revision seen{};
  };
  // A row its owner sealed and, once somebody derived it, the key that opens it. A key alone would
  // be of no use here.
  struct Version {
    RawRef row;
    std::shared_ptr<const crypto::DerivedKey> key;
  };
  struct NameView {
    std::uint64_t account;
    std::uint8_t kind;
    std::string_view name;
  };
  // Usual names lie inside, so that a look-up follows no pointer.
  class Name {
   public:
    Name() = default;
    explicit Name(const NameView& view)
        : account_(view.account),
          kind_(view.kind),
          size_(static_cast<std::uint32_t>(view.name.size())) {
      if (size_ > sizeof inside_) outside_ = std::make_unique<char[]>(size_);
      if (size_ > 0) std::memcpy(outside_ ? outside_.get() : inside_, view.name.data(), size_);
    }
    NameView view() const {
      return {account_, kind_, {outside_ ? outside_.get() : inside_, size_}};
    }
    bool operator==(const NameView& other) const {
      const NameView mine = view();
      return mine.account == other.account && mine.kind == other.kind && mine.name == other.name;
    }
    bool operator==(const Name& other) const { return *this == other.view(); }

   private:
    std::uint64_t account_ = 0;
    std::uint8_t kind_ = 0;
    char inside_[43] = {};
    std::uint32_t size_ = 0;
    std::unique_ptr<char[]> outside_;
  };
  // Where the last reads of a name found their things. Only ever prefetched, never looked into, so
  // it may be out of date: a read among many secrets would else wait for one line after the other.
  struct Footprint {
    const void* head = nullptr;
    const void* body = nullptr;
    const void* row = nullptr;
    const void* bytes = nullptr;
    const void* key = nullptr;
    const void* key_bytes = nullptr;
    std::uint32_t head_hash = 0;
    std::uint32_t row_hash = 0;
    std::uint16_t body_size = 0;
    std::uint16_t row_size = 0;
  };
  struct Known {
    BlindedPrefix prefix;
    Footprint footprint;
  };
  template <class T>
  using RowMap = ClockMap<RowKey, Entry<T>>;
  static constexpr std::size_t kRecentSlots = 4096;

  /// False once the store is sealed.
  bool up_to_date() {
    if (core_.sealed()) return drop_all();
    if (mailbox_->has_news(floor_)) apply_news();
    return true;
  }
  bool drop_all();
  std::unexpected<Error> miss();
  void apply_news();
  void apply(const Changes& changes);
  const BlindedPrefix& prefix_of(const NameView& name);
  void fetch_ahead(const Footprint& footprint) const;
  void note_head(std::uint64_t hash, const RecordRef& head);
  void note_version(std::uint64_t hash, const Version& version);
  std::uint64_t hash_of_name(const NameView& name) const;
  /// Whether what a snapshot of `revision` showed at the row may be kept.
  bool current(std::uint64_t hash, store::Revision revision) const {
    return revision >= floor_ && recent_[hash % kRecentSlots] <= revision;
  }
  template <class T>
  static void forget(RowMap<T>& map, std::uint64_t hash, const RowKey& key,
                     store::Revision changed);

  Core& core_;
  const MailRoom& rooms_;
  const std::shared_ptr<Mailbox> mailbox_;
  const std::uint64_t seed_;
  ClockMap<Name, Known> names_;
  // Of the last look-up: a read asks several times for rows of one name.
  Name last_name_;
  BlindedPrefix last_prefix_{};
  Footprint* last_footprint_ = nullptr;  // in names_; null once that may have moved
  RowMap<RecordRef> heads_;              // a null record: known to be absent
  RowMap<Version> versions_;
  // Newest revision at which a row of this slot changed. Rows share slots, which only keeps some
  // from being cached.
  std::array<store::Revision, kRecentSlots> recent_{};
  store::Revision floor_{};  // snapshots older than this are not trusted at all
  std::uint64_t identity_generation_ = 0;
  bool missed_ = false;  // since through() was asked last
  LookGate looks_;
  long page_waits_ = 0;  // of this thread, when it was asked last
};

/// What through() answers.
class ThroughReader final : public Reader {
 public:
  ThroughReader(ThreadCache& cache, Core& core, std::unique_ptr<store::Snapshot> snapshot,
                std::int64_t since_ns);
  ThroughReader(const ThroughReader&) = delete;
  ThroughReader& operator=(const ThroughReader&) = delete;
  ~ThroughReader() override;

  Result<RecordRef> read(const Address& address) override;
  Result<RawRef> read_raw(const Address& address) override;
  std::shared_ptr<const crypto::DerivedKey> derived(const Address& address) override {
    return cache_.derived(address);
  }
  void remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) override {
    cache_.remember(address, std::move(key));
  }
  bool on_io_thread() const override { return true; }

 private:
  Result<std::optional<store::Row>> fetch(const RowKey& key);

  ThreadCache& cache_;
  Core& core_;
  const std::unique_ptr<store::Snapshot> snapshot_;
  std::size_t rows_ = 0;
  const std::int64_t since_ns_;  // by monotonic_ns
};

}  // namespace strongroom::barrier
