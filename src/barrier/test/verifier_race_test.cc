// Writes between the moments at which the check of the whole store takes its snapshot and asks for
// the sums: under load a thread of the lowest priority can stand there for long.

#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::barrier {
namespace {

/// Calls `after` between a snapshot and its return.
class SlowSnapshots final : public store::Store {
 public:
  explicit SlowSnapshots(store::Store& inner) : inner_(inner) {}

  Result<std::unique_ptr<store::Snapshot>> snapshot() const override {
    auto taken = inner_.snapshot();
    if (const auto call = std::exchange(after, nullptr)) {
      call();
      after = call;
    }
    return taken;
  }
  bool exclusive() const override { return inner_.exclusive(); }
  Result<store::Revision> commit(store::Change change) override {
    return inner_.commit(std::move(change));
  }
  void submit(store::Change change, Committed done) override {
    inner_.submit(std::move(change), std::move(done));
  }
  void set_commit_hook(store::CommitHook* hook) override { inner_.set_commit_hook(hook); }
  void confirm(std::function<void(Result<store::Revision>)> done) const override {
    inner_.confirm(std::move(done));
  }
  Result<std::unique_ptr<Watch>> watch(store::Revision from, OnChange changed) override {
    return inner_.watch(from, std::move(changed));
  }

  mutable std::function<void()> after;

 private:
  store::Store& inner_;
};

TEST(VerifierRace, WhatIsReadAndWrittenWhileTheStoreIsCheckedDoesNotSealIt) {
  test::SealedStoreFixture fixture;
  fixture.stop();
  auto opened = open_data_directory(fixture.directory(), Mode::kDev, DevSecret{});
  ASSERT_TRUE(opened);
  const auto inner = store_lmdb::open({.directory = fixture.store_directory()});
  ASSERT_TRUE(inner);
  SlowSnapshots engine(**inner);
  const auto store = open_sealed_store(engine, std::move(opened->keys),
                                       {.cluster = opened->superblock.cluster,
                                        .clock = fixture.clock(),
                                        .random = fixture.random(),
                                        .background_check = false});
  ASSERT_TRUE(store) << store.error().message();
  const Address address{RecordType::kSystem, AccountId(), "changing"};
  int writes = 0;
  engine.after = [&] {
    const auto transaction = (*store)->begin();
    ASSERT_TRUE(transaction);
    const auto before = (*transaction)->read(address);
    (*transaction)->put(address, Uuid{}, as_bytes("value " + std::to_string(writes)));
    writes += (*transaction)->commit() ? 1 : 0;
  };
  const auto checked = (*store)->verify_all();
  EXPECT_TRUE(checked) << checked.error().message();
  EXPECT_GT(writes, 100);
  EXPECT_FALSE((*store)->sealed());
  EXPECT_TRUE((*store)->verification().complete());
  engine.after = nullptr;
}

}  // namespace
}  // namespace strongroom::barrier
