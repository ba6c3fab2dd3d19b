#pragma once
// One I/O thread's caches (reader.h, CachedReader). Never touches storage. One thread, but for its
// mailbox.

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cache_mailbox.h"
#include "clock_map.h"
#include "core.h"
#include "strongroom/barrier/reader.h"

namespace strongroom::barrier {

class ThreadCache final : public CachedReader {
 public:
  ThreadCache(Core& core, std::shared_ptr<Mailbox> mailbox, double share);

  Result<RecordRef> read(const Address& address) override;
  Result<RawRef> read_raw(const Address& address) override;
  std::shared_ptr<const crypto::DerivedKey> derived(const Address& address) override;
  void remember(const Address& address, std::shared_ptr<const crypto::DerivedKey> key) override;
  void fill(ReadSet&& set) override;
  std::uint64_t identity_generation() override;
  void clear() override;

 private:
  // A cached thing and the revision up to which it is known to be current.
  template <class T>
  struct Entry {
    T value{};
    store::Revision seen{};
  };
  struct NameView {
    std::uint64_t account;
    std::uint8_t kind;
    std::string_view name;
  };
  struct Name {
    std::uint64_t account = 0;
    std::uint8_t kind = 0;
    std::string name;
    bool operator==(const Name&) const = default;
    bool operator==(const NameView& other) const {
      return account == other.account && kind == other.kind && name == other.name;
    }
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
  void apply_news();
  void apply(const Changes& changes);
  RowKey key_of(const Address& address);
  std::uint64_t hash_of_name(const NameView& name) const;
  /// Whether what a snapshot of `revision` showed at the row may be kept.
  bool current(std::uint64_t hash, store::Revision revision) const {
    return recent_[hash % kRecentSlots] <= revision;
  }
  template <class T>
  static void forget(RowMap<T>& map, std::uint64_t hash, const RowKey& key,
                     store::Revision changed);

  Core& core_;
  const std::shared_ptr<Mailbox> mailbox_;
  const std::uint64_t seed_;
  ClockMap<Name, BlindedPrefix> prefixes_;
  RowMap<RecordRef> heads_;  // a null record: known to be absent
  RowMap<RawRef> raws_;
  RowMap<std::shared_ptr<const crypto::DerivedKey>> derived_;
  // Newest revision at which a row of this slot changed. Rows share slots, which only keeps some
  // from being cached.
  std::array<store::Revision, kRecentSlots> recent_{};
  store::Revision floor_{};  // snapshots older than this are not trusted at all
  std::uint64_t identity_generation_ = 0;
};

}  // namespace strongroom::barrier
