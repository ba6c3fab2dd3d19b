#include "strongroom/identity/principal_cache.h"

#include <gtest/gtest.h>

#include <string>

#include "strongroom/base/limits.h"
#include "world.h"

namespace strongroom::identity {
namespace {

class PrincipalCacheTest : public ::testing::Test {
 protected:
  void SetUp() override {
    key_ = world_.make_account();
    cached_ = world_.store->make_cache(1.0);
  }
  // What a worker does after the I/O thread missed.
  void fill_from_worker(const std::string& key_id) {
    auto reader = world_.reader();
    ASSERT_TRUE(world_.directory.load_credential(*reader, key_id));
    cached_->fill(reader->take_read_set());
  }

  World world_;
  IssuedAccessKey key_;
  std::unique_ptr<barrier::CachedReader> cached_;
};

TEST_F(PrincipalCacheTest, AMissIsNotCachedUntilAWorkerHasReadTheRecords) {
  const auto missed = world_.directory.load_credential(*cached_, key_.id);
  ASSERT_FALSE(missed);
  EXPECT_EQ(missed.error().kind(), ErrorKind::kNotCached);
  fill_from_worker(key_.id);
  EXPECT_TRUE(world_.directory.load_credential(*cached_, key_.id));
}

TEST_F(PrincipalCacheTest, AnyChangeOfAnIdentityRecordDropsAll) {
  PrincipalCache cache(*cached_, 1.0);
  EXPECT_EQ(cache.find(key_.id), nullptr);
  fill_from_worker(key_.id);
  const CredentialRef credential = *world_.directory.load_credential(*cached_, key_.id);
  cache.insert(credential);
  EXPECT_EQ(cache.find(key_.id), credential);
  EXPECT_EQ(cache.find("LTAI5tOther"), nullptr);

  ASSERT_TRUE(world_.commit([&](auto& txn) {
    return world_.directory.set_access_key_active(txn, {world_.account, ""}, key_.id, false);
  }));
  EXPECT_EQ(cache.find(key_.id), nullptr);
  EXPECT_EQ(cache.size(), 0U);
  fill_from_worker(key_.id);
  EXPECT_FALSE((*world_.directory.load_credential(*cached_, key_.id))->active);
}

TEST_F(PrincipalCacheTest, ACredentialBuiltBeforeAChangeIsNotTaken) {
  PrincipalCache cache(*cached_, 1.0);
  EXPECT_EQ(cache.find(key_.id), nullptr);
  fill_from_worker(key_.id);
  const CredentialRef stale = *world_.directory.load_credential(*cached_, key_.id);
  ASSERT_TRUE(world_.commit([&](auto& txn) {
    return world_.directory.set_access_key_active(txn, {world_.account, ""}, key_.id, false);
  }));
  cache.insert(stale);
  EXPECT_EQ(cache.find(key_.id), nullptr);
}

TEST_F(PrincipalCacheTest, LastUsedFactsDropNothing) {
  PrincipalCache cache(*cached_, 1.0);
  EXPECT_EQ(cache.find(key_.id), nullptr);
  fill_from_worker(key_.id);
  const CredentialRef credential = *world_.directory.load_credential(*cached_, key_.id);
  cache.insert(credential);
  credential->use->last_ms = World::kNow.unix_ms;
  EXPECT_EQ(*world_.directory.flush_last_use(*world_.store), 1U);
  EXPECT_EQ(cache.find(key_.id), credential);
}

TEST_F(PrincipalCacheTest, ItNeverHoldsMoreThanItsShare) {
  fill_from_worker(key_.id);
  PrincipalCache cache(*cached_, 0.01);
  EXPECT_EQ(cache.find(key_.id), nullptr);
  EXPECT_LE(cache.capacity(), limits::kPrincipalCacheEntries / 100);
  const CredentialRef model = *world_.directory.load_credential(*cached_, key_.id);
  for (int i = 0; i < 1'000; ++i) {
    auto principal = std::make_shared<Principal>(*model->principal);
    principal->access_key_id = "LTAI5t" + std::to_string(i);
    const SecretBytes secret = test::secret("secret");
    const auto mac = [&] { return *crypto::HmacKey::make(crypto::MacHash::kSha256, secret); };
    cache.insert(std::make_shared<const Credential>(Credential{.principal = principal,
                                                               .active = true,
                                                               .rpc_sha1 = mac(),
                                                               .rpc_sha256 = mac(),
                                                               .acs3_sha256 = mac(),
                                                               .acs3_sm3 = mac(),
                                                               .secret = {},
                                                               .use = model->use}));
    ASSERT_LE(cache.size(), cache.capacity());
    ASSERT_NE(cache.find("LTAI5t" + std::to_string(i)), nullptr);
  }
  EXPECT_EQ(cache.size(), cache.capacity());
}

}  // namespace
}  // namespace strongroom::identity
