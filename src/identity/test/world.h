#pragma once
// A directory over a sealed store: what tests of identity stand on.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "strongroom/identity/directory.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::identity {

class World {
 public:
  static constexpr Instant kNow{1'795'300'020'000};
  const AccountId account{1'000'000'000'000'001};

  std::unique_ptr<barrier::Transaction> begin() { return std::move(*store->begin()); }
  /// A view of what is committed now.
  std::unique_ptr<barrier::SnapshotReader> reader() { return std::move(*store->reader()); }
  /// Runs `change` in a transaction and commits it.
  template <class F>
  auto commit(F change) {
    auto txn = begin();
    auto result = change(*txn);
    if (!result) return result;
    EXPECT_TRUE(txn->commit());
    return result;
  }
  IssuedAccessKey make_account(AccountId id) {
    auto key = commit([&](auto& txn) { return directory.create_account(txn, id, kNow); });
    EXPECT_TRUE(key);
    return std::move(*key);
  }
  IssuedAccessKey make_account() { return make_account(account); }
  void make_user(std::string name) {
    const auto user = commit(
        [&](auto& txn) { return directory.create_user(txn, account, {.name = name}, kNow); });
    EXPECT_TRUE(user) << user.error().message();
  }

  test::SealedStoreFixture store;
  SystemRandom random;
  Directory directory{random};
};

}  // namespace strongroom::identity
