#pragma once
// A directory over records in memory: what tests of identity stand on.

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
#include <utility>

#include "strongroom/barrier/sealed_store.h"
#include "strongroom/identity/directory.h"
#include "strongroom/test/reveal.h"

namespace strongroom::identity {

using RowKey = std::tuple<barrier::RecordType, std::uint64_t, std::string>;
struct MemoryRow {
  std::string body;
  Uuid resource;
  std::uint64_t rev = 0;
};
using MemoryRows = std::map<RowKey, MemoryRow>;

inline RowKey row_key(const barrier::Address& address) {
  return {address.type, address.account.number(), std::string(address.name)};
}

inline Result<barrier::RecordRef> read_row(const MemoryRows& rows,
                                           const barrier::Address& address) {
  const auto row = rows.find(row_key(address));
  if (row == rows.end()) return fail(ErrorKind::kNotFound, "", "");
  SR_TRY(SecretBytes body, SecretBytes::copy_of(as_bytes(row->second.body)));
  return std::make_shared<const barrier::OpenedRecord>(std::move(body), row->second.resource,
                                                       row->second.rev, store::Revision{1});
}

/// Writes go to the rows at commit(); what was read does not matter.
class MemoryTransaction final : public barrier::Transaction {
 public:
  explicit MemoryTransaction(MemoryRows& rows) : rows_(rows), draft_(rows) {}

  Result<barrier::RecordRef> read(const barrier::Address& address) override {
    return read_row(rows_, address);
  }
  Result<barrier::RawRef> read_raw(const barrier::Address&) override {
    return fail(ErrorKind::kNotFound, "", "");
  }
  std::shared_ptr<const crypto::DerivedKey> derived(const barrier::Address&) override {
    return nullptr;
  }
  void remember(const barrier::Address&, std::shared_ptr<const crypto::DerivedKey>) override {}
  void put(const barrier::Address& address, Uuid resource, ByteView body) override {
    ++operations;
    draft_[row_key(address)] = {std::string(as_chars(body)), resource, 1};
  }
  void put_raw(const barrier::Address&, std::string) override {}
  void remove(const barrier::Address& address) override {
    ++operations;
    draft_.erase(row_key(address));
  }
  store::Key put_timed(barrier::TimeTable, Instant, ByteView) override { return {}; }
  void remove_timed(const store::Key&, store::Revision) override {}
  Result<store::Revision> commit() override {
    rows_ = std::move(draft_);
    run_after_commit();
    return store::Revision{1};
  }
  int operations = 0;

 private:
  MemoryRows& rows_;
  MemoryRows draft_;
};

class World {
 public:
  static constexpr Instant kNow{1'795'300'020'000};
  const AccountId account{1'000'000'000'000'001};

  std::unique_ptr<MemoryTransaction> begin() { return std::make_unique<MemoryTransaction>(rows); }
  /// Runs `change` in a transaction and commits it.
  template <class F>
  auto commit(F change) {
    auto txn = begin();
    auto result = change(*txn);
    if (!result) return result;
    EXPECT_TRUE(txn->commit());
    return result;
  }
  IssuedAccessKey make_account() {
    auto key = commit([&](auto& txn) { return directory.create_account(txn, account, kNow); });
    EXPECT_TRUE(key);
    return std::move(*key);
  }
  void make_user(std::string name) {
    const auto user = commit(
        [&](auto& txn) { return directory.create_user(txn, account, {.name = name}, kNow); });
    EXPECT_TRUE(user) << user.error().message();
  }

  SystemRandom random;
  Directory directory{random};
  MemoryRows rows;
};

}  // namespace strongroom::identity
