#include "strongroom/keys/keys.h"

#include <gtest/gtest.h>

#include "open_blob.h"
#include "strongroom/base/bytes.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::keys {
namespace {

const AccountId kAccount{1000000000000001ULL};
const AccountId kOther{1000000000000002ULL};

std::string code_of(const auto& result) {
  return result.has_value() ? "ok" : result.error().code();
}

class KeysTest : public testing::Test {
 protected:
  Key create(AccountId account = kAccount) {
    auto transaction = *fixture_->begin();
    auto key = keys_.create(
        *transaction, {.account = account, .creator = account.text(), .description = "d"}, now());
    EXPECT_TRUE(key);
    EXPECT_TRUE(transaction->commit());
    return *key;
  }
  Instant now() { return fixture_.clock().now(); }
  void save(const Key& key) {
    auto transaction = *fixture_->begin();
    ASSERT_TRUE(keys_.find(*transaction, key.account, key.id));
    keys_.save(*transaction, key);
    ASSERT_TRUE(transaction->commit());
  }
  std::unique_ptr<barrier::SnapshotReader> reader() { return *fixture_->reader(); }

  test::SealedStoreFixture fixture_;
  Keys keys_{*fixture_, fixture_.random(), "cn-hangzhou"};
};

TEST_F(KeysTest, AKeyIsStoredWholeAndFoundInItsAccountOnly) {
  Key key = create();
  key.tags = {{"env", "dev"}};
  key.description = "other";
  save(key);
  EXPECT_EQ(*keys_.find(*reader(), kAccount, key.id), key);
  EXPECT_EQ(code_of(keys_.find(*reader(), kOther, key.id)), "Forbidden.KeyNotFound");
  EXPECT_EQ(code_of(keys_.find(*reader(), kAccount, "no-such-key")), "Forbidden.KeyNotFound");
  EXPECT_EQ(keys_.arn(kAccount, key.id), "acs:kms:cn-hangzhou:1000000000000001:key/" + key.id);
}

TEST_F(KeysTest, TheDefaultKeyIsMadeOnceAndMadeAgainWhenDeleted) {
  const auto use_default = [this] {
    auto transaction = *fixture_->begin();
    auto key = keys_.default_wrapping_key(*transaction, kAccount, now());
    EXPECT_TRUE(key);
    EXPECT_TRUE(transaction->commit());
    return std::pair(key->key_id, test::reveal(key->material));
  };
  const auto first = use_default();
  EXPECT_EQ(use_default(), first);
  EXPECT_TRUE(keys_.status(*reader(), kAccount, first.first)->service_default);
  EXPECT_EQ(*keys_.default_key_id(*reader(), kAccount), first.first);

  auto transaction = *fixture_->begin();
  Key key = *keys_.find(*transaction, kAccount, first.first);
  EXPECT_EQ(code_of(keys_.schedule_deletion(*transaction, key, now())),
            "Rejected.UnsupportedOperation");
  key.state = KeyState::kPendingDeletion;  // as older releases let it be
  key.delete_date = now();
  keys_.save(*transaction, key);
  ASSERT_TRUE(transaction->commit());
  transaction = *fixture_->begin();
  EXPECT_EQ(code_of(keys_.default_wrapping_key(*transaction, kAccount, now())),
            "Rejected.PendingDeletion");
  ASSERT_TRUE(
      *keys_.delete_due(*transaction, {due::Kind::kDeleteKey, kAccount, key.id, key.uuid}, now()));
  ASSERT_TRUE(transaction->commit());
  EXPECT_NE(use_default().first, first.first);
}

TEST_F(KeysTest, EncryptedTextOpensWithItsContextOnly) {
  const Key key = create();
  const std::string aad = encryption_context_aad({{"b", "2"}, {"a", "1"}});
  EXPECT_EQ(aad, encryption_context_aad({{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(encryption_context_aad({}), "");
  const auto encrypted = keys_.encrypt(*reader(), kAccount, key.id, test::secret("hello"), aad);
  ASSERT_TRUE(encrypted);
  EXPECT_EQ(encrypted->blob.size(), 36U + 12 + 5 + 16);
  EXPECT_EQ(encrypted->blob.substr(0, 36), key.primary_version().id);
  const auto decrypted = open_blob(fixture_, keys_, kAccount, encrypted->blob, aad);
  ASSERT_TRUE(decrypted);
  EXPECT_EQ(test::reveal(decrypted->plaintext), "hello");
  EXPECT_EQ(decrypted->key_id, key.id);

  EXPECT_EQ(code_of(open_blob(fixture_, keys_, kAccount, encrypted->blob, "")), "InvalidParameter");
  std::string flipped = encrypted->blob;
  flipped.back() ^= 1;
  EXPECT_EQ(code_of(open_blob(fixture_, keys_, kAccount, flipped, aad)), "InvalidParameter");
  EXPECT_EQ(code_of(open_blob(fixture_, keys_, kAccount, encrypted->blob.substr(0, 48), aad)),
            "InvalidParameter");
  EXPECT_EQ(code_of(open_blob(fixture_, keys_, kOther, encrypted->blob, aad)),
            "Forbidden.KeyNotFound");
}

TEST_F(KeysTest, ADataKeysBlobHoldsItsBase64Text) {
  const Key key = create();
  const auto made = keys_.generate_data_key(*reader(), kAccount, key.id, 32, "");
  ASSERT_TRUE(made);
  EXPECT_EQ(made->encrypted.blob.size(), 108U);  // as the documented sample: 36 + 12 + 44 + 16
  const auto opened = open_blob(fixture_, keys_, kAccount, made->encrypted.blob, "");
  ASSERT_TRUE(opened);
  EXPECT_EQ(test::reveal(opened->plaintext), test::reveal(made->base64));
  EXPECT_EQ(base64_decode(test::reveal(made->base64))->size(), 32U);
}

TEST_F(KeysTest, AKeyThatIsNotEnabledDoesNothing) {
  Key key = create();
  const auto encrypted = keys_.encrypt(*reader(), kAccount, key.id, test::secret("x"), "");
  ASSERT_TRUE(encrypted);
  key.state = KeyState::kDisabled;
  save(key);
  EXPECT_EQ(code_of(keys_.encrypt(*reader(), kAccount, key.id, test::secret("x"), "")),
            "Rejected.Disabled");
  EXPECT_EQ(code_of(open_blob(fixture_, keys_, kAccount, encrypted->blob, "")),
            "Rejected.Disabled");
}

TEST_F(KeysTest, DeletionWaitsForItsTimeAndForgetsTheMaterial) {
  Key key = create();
  const due::Task task{due::Kind::kDeleteKey, kAccount, key.id, key.uuid};
  auto transaction = *fixture_->begin();
  EXPECT_FALSE(*keys_.delete_due(*transaction, task, now()));  // not planned
  ASSERT_TRUE(keys_.schedule_deletion(*transaction, key, {now().unix_ms + 10}));
  ASSERT_TRUE(transaction->commit());
  const auto rows = fixture_->due(barrier::TimeTable::kDue, {now().unix_ms + 10}, 10);
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 1U);
  const auto stored = due::decode(rows->front().record->body());
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->name, key.id);

  transaction = *fixture_->begin();
  EXPECT_FALSE(*keys_.delete_due(*transaction, *stored, now()));  // too early
  fixture_.clock().advance_ms(10);
  due::Task stranger = *stored;
  stranger.resource = Uuid::generate(fixture_.random());
  EXPECT_FALSE(*keys_.delete_due(*transaction, stranger, now()));
  EXPECT_TRUE(*keys_.delete_due(*transaction, *stored, now()));
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(code_of(keys_.find(*reader(), kAccount, key.id)), "Forbidden.KeyNotFound");
  EXPECT_EQ(code_of(keys_.material(*reader(), kAccount, key.id, key.primary_version().id)),
            "Forbidden.KeyNotFound");
  EXPECT_EQ(keys_.index().count(kAccount), 0U);
}

TEST_F(KeysTest, TheIndexIsBuiltFromStorageAndFollowsCommitsOnly) {
  const Key first = create();
  create(kOther);
  {
    auto abandoned = *fixture_->begin();
    ASSERT_TRUE(
        keys_.create(*abandoned, {.account = kAccount, .creator = "c", .description = ""}, now()));
  }
  EXPECT_EQ(keys_.index().count(kAccount), 1U);
  Keys rebuilt{*fixture_, fixture_.random(), "cn-hangzhou"};
  EXPECT_FALSE(rebuilt.index().ready());
  ASSERT_TRUE(fixture_->visit_all(rebuilt.index_visits()));
  EXPECT_TRUE(rebuilt.index().ready());
  EXPECT_EQ(rebuilt.index().page(kAccount, 0, 10), std::vector<std::string>{first.id});
  EXPECT_EQ(rebuilt.index().total(), 2U);
}

}  // namespace
}  // namespace strongroom::keys
