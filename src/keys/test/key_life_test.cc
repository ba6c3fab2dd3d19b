// Aliases, versions, rotation and imported material.

#include <gtest/gtest.h>

#include <functional>

#include "open_blob.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/keys/keys.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::keys {
namespace {

const AccountId kAccount{1000000000000001ULL};

std::string code_of(const auto& result) {
  return result.has_value() ? "ok" : result.error().code();
}

struct Asked {
  KeySpec spec = KeySpec::kAes256;
  KeyUsage usage = KeyUsage::kEncryptDecrypt;
  KeyOrigin origin = KeyOrigin::kService;
  std::int64_t rotation_interval_seconds = 0;
};

class KeyLife : public testing::Test {
 protected:
  /// Runs `work` in a transaction and commits it if it succeeded; the code.
  std::string change(const std::function<Result<void>(barrier::Transaction&)>& work) {
    auto transaction = *fixture_->begin();
    const auto done = work(*transaction);
    if (done) {
      EXPECT_TRUE(transaction->commit());
    }
    return code_of(done);
  }
  Key create(Asked asked = {}) {
    const NewKey wanted{.account = kAccount,
                        .creator = kAccount.text(),
                        .description = "d",
                        .spec = asked.spec,
                        .usage = asked.usage,
                        .origin = asked.origin,
                        .rotation_interval_seconds = asked.rotation_interval_seconds};
    std::optional<Key> made;
    EXPECT_EQ(change([&](barrier::Transaction& transaction) -> Result<void> {
                SR_TRY(made, keys_.create(transaction, wanted, now()));
                return {};
              }),
              "ok");
    return *made;
  }
  Key found(const Key& key) { return *keys_.find(*reader(), kAccount, key.id); }
  /// Does the work of every due row until now; how many did something.
  int run_due() {
    int done = 0;
    const auto rows = fixture_->due(barrier::TimeTable::kDue, now(), 100);
    EXPECT_TRUE(rows);
    for (const auto& row : *rows) {
      const due::Task task = *due::decode(row.record->body());
      auto transaction = *fixture_->begin();
      const auto worked = task.kind == due::Kind::kRotateKey
                              ? keys_.rotate_due(*transaction, task, now())
                          : task.kind == due::Kind::kExpireKeyMaterial
                              ? keys_.expire_due(*transaction, task, now())
                              : keys_.delete_due(*transaction, task, now());
      EXPECT_TRUE(worked);
      transaction->remove_timed(row.key, row.record->modified());
      EXPECT_TRUE(transaction->commit());
      done += *worked ? 1 : 0;
    }
    return done;
  }
  void days(std::int64_t count) { fixture_.clock().advance_ms(count * kMillisPerDay); }
  Instant now() { return fixture_.clock().now(); }
  std::unique_ptr<barrier::SnapshotReader> reader() { return *fixture_->reader(); }
  std::string create_alias(const Key& key, const std::string& alias) {
    return change([&](barrier::Transaction& transaction) -> Result<void> {
      SR_TRY(Key head, keys_.find(transaction, kAccount, key.id));
      return keys_.create_alias(transaction, std::move(head), alias, now());
    });
  }
  std::string delete_material(const Key& key) {
    return change([&](barrier::Transaction& transaction) -> Result<void> {
      SR_TRY(Key head, keys_.find(transaction, kAccount, key.id));
      return keys_.delete_material(transaction, std::move(head));
    });
  }
  std::string import(const Key& key, const ImportParameters& with, std::string_view material,
                     crypto::EncryptionScheme scheme = crypto::EncryptionScheme::kRsaOaepSha256,
                     Instant expires = {}) {
    const auto wrapper = crypto::PublicKey::from_spki(as_bytes(with.public_key));
    const std::string wrapped = *wrapper->encrypt(scheme, test::secret(material));
    return change([&](barrier::Transaction& transaction) -> Result<void> {
      SR_TRY(Key head, keys_.find(transaction, kAccount, key.id));
      return keys_.import_material(transaction, std::move(head),
                                   {with.token, as_bytes(wrapped), expires}, now());
    });
  }
  ImportParameters parameters(
      const Key& key, crypto::KeyKind kind = crypto::KeyKind::kRsa2048,
      crypto::EncryptionScheme scheme = crypto::EncryptionScheme::kRsaOaepSha256) {
    return *keys_.import_parameters(found(key), kind, scheme, now());
  }
  std::string encrypt(const Key& key) {
    const auto sealed = keys_.encrypt(*reader(), kAccount, key.id, test::secret("x"), "");
    return sealed ? sealed->blob : sealed.error().code();
  }

  test::SealedStoreFixture fixture_;
  Keys keys_{*fixture_, fixture_.random(), "cn-hangzhou"};
};

TEST_F(KeyLife, AnAliasNamesOneKeyAndMoves) {
  const Key first = create();
  const Key second = create();
  EXPECT_EQ(create_alias(first, "alias/a"), "ok");
  EXPECT_EQ(create_alias(second, "alias/a"), "AliasAlreadyExists");
  for (const char* bad : {"a", "alias/", "alias/acs/x", "alias/a b", "alias/é"}) {
    EXPECT_EQ(create_alias(first, bad), "InvalidParameter") << bad;
  }
  EXPECT_EQ(create_alias(first, "alias/" + std::string(250, 'a')), "InvalidParameter");
  EXPECT_EQ(*keys_.key_of_alias(*reader(), kAccount, "alias/a"), first.id);
  EXPECT_EQ(code_of(keys_.key_of_alias(*reader(), kAccount, "alias/none")),
            "Forbidden.AliasNotFound");
  EXPECT_EQ(change([&](barrier::Transaction& t) -> Result<void> {
              SR_TRY(Key target, keys_.find(t, kAccount, second.id));
              return keys_.update_alias(t, "alias/a", std::move(target));
            }),
            "ok");
  EXPECT_EQ(*keys_.key_of_alias(*reader(), kAccount, "alias/a"), second.id);
  EXPECT_TRUE(found(first).aliases.empty());
  EXPECT_EQ(found(second).aliases, std::vector<std::string>{"alias/a"});
  EXPECT_EQ(keys_.alias_index().count(kAccount), 1U);
  Keys rebuilt{*fixture_, fixture_.random(), "cn-hangzhou"};
  ASSERT_TRUE(fixture_->visit_all(rebuilt.index_visits()));
  EXPECT_EQ(rebuilt.alias_index().page(kAccount, 0, 9), std::vector<std::string>{"alias/a"});
  EXPECT_EQ(
      change([&](barrier::Transaction& t) { return keys_.delete_alias(t, kAccount, "alias/a"); }),
      "ok");
  EXPECT_EQ(code_of(keys_.key_of_alias(*reader(), kAccount, "alias/a")), "Forbidden.AliasNotFound");
  EXPECT_TRUE(found(second).aliases.empty());
}

TEST_F(KeyLife, DeletingAKeyTakesItsAliases) {
  const Key key = create();
  ASSERT_EQ(create_alias(key, "alias/a"), "ok");
  ASSERT_EQ(change([&](barrier::Transaction& t) -> Result<void> {
              SR_TRY(Key head, keys_.find(t, kAccount, key.id));
              return keys_.schedule_deletion(t, std::move(head), now());
            }),
            "ok");
  EXPECT_EQ(create_alias(key, "alias/b"), "Rejected.StateModifiedFailed");
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(code_of(keys_.key_of_alias(*reader(), kAccount, "alias/a")), "Forbidden.AliasNotFound");
  EXPECT_EQ(keys_.alias_index().count(kAccount), 0U);
}

TEST_F(KeyLife, ANewVersionEncryptsAndOldOnesDecrypt) {
  const Key key = create();
  const std::string old_blob = encrypt(key);
  const auto create_version = [&] {
    return change([&](barrier::Transaction& t) -> Result<void> {
      SR_TRY(Key head, keys_.find(t, kAccount, key.id));
      SR_CHECK_OK(keys_.create_version(t, std::move(head), now()));
      return {};
    });
  };
  EXPECT_EQ(create_version(), "ok");
  const Key after = found(key);
  ASSERT_EQ(after.versions.size(), 2U);
  EXPECT_EQ(after.primary_version().id, after.versions[1].id);
  EXPECT_EQ(encrypt(key).substr(0, 36), after.versions[1].id);
  EXPECT_TRUE(open_blob(fixture_, keys_, kAccount, old_blob, ""));
  // 7 days between two that were made by hand.
  EXPECT_EQ(create_version(), "Rejected.LimitExceeded");
  for (std::size_t i = 2; i < limits::kVersionsPerKeyMax; ++i) {
    days(7);
    ASSERT_EQ(create_version(), "ok");
  }
  days(7);
  EXPECT_EQ(create_version(), "Rejected.LimitExceeded");
  EXPECT_TRUE(open_blob(fixture_, keys_, kAccount, old_blob, ""));
}

TEST_F(KeyLife, RotatesByItselfAndNotWhileSuspended) {
  const Key key = create({.rotation_interval_seconds = 7 * 86'400});
  EXPECT_EQ(automatic_rotation_text(found(key)), "Enabled");
  EXPECT_EQ(run_due(), 0);
  days(7);
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(found(key).versions.size(), 2U);
  EXPECT_EQ(found(key).next_rotation.unix_ms, now().unix_ms + 7 * kMillisPerDay);

  const auto save_as = [&](Result<Key> changed) {
    ASSERT_TRUE(changed);
    EXPECT_EQ(change([&](barrier::Transaction& t) -> Result<void> {
                SR_CHECK_OK(keys_.find(t, kAccount, key.id));
                keys_.save_resumed(t, *changed, now());
                return {};
              }),
              "ok");
  };
  save_as(disable(found(key)));
  EXPECT_EQ(automatic_rotation_text(found(key)), "Suspended");
  days(30);
  EXPECT_EQ(run_due(), 0);
  EXPECT_EQ(found(key).versions.size(), 2U);
  save_as(enable(found(key)));  // what it missed falls due at once
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(found(key).versions.size(), 3U);

  const auto update = [&](std::int64_t seconds) {
    return change([&](barrier::Transaction& t) -> Result<void> {
      SR_TRY(Key head, keys_.find(t, kAccount, key.id));
      return keys_.update_rotation(t, std::move(head), seconds, now());
    });
  };
  EXPECT_EQ(update(86'400), "InvalidParameter");
  EXPECT_EQ(update(731 * 86'400LL), "InvalidParameter");
  EXPECT_EQ(update(0), "ok");
  days(30);
  EXPECT_EQ(run_due(), 0);
}

TEST_F(KeyLife, OnlyOwnSymmetricKeysRotate) {
  const Key pair = create({.spec = KeySpec::kEcP256, .usage = KeyUsage::kSignVerify});
  const Key external = create({.origin = KeyOrigin::kExternal});
  EXPECT_EQ(code_of(set_rotation(pair, 7 * 86'400)), "Rejected.UnsupportedOperation");
  EXPECT_EQ(code_of(set_rotation(external, 7 * 86'400)), "Rejected.PendingImport");
}

TEST_F(KeyLife, ATokenImportsAsOftenAsItsOwnerLikes) {
  const Key key = create({.origin = KeyOrigin::kExternal});
  EXPECT_EQ(found(key).state, KeyState::kPendingImport);
  EXPECT_EQ(encrypt(key), "Rejected.PendingImport");
  const std::string material(32, 'm');
  const ImportParameters with = parameters(key);
  EXPECT_EQ(import(key, with, std::string(31, 'm')), "InvalidKeyMaterial");
  EXPECT_EQ(import(key, with, material, crypto::EncryptionScheme::kRsaOaepSha1),
            "InvalidKeyMaterial");
  ASSERT_EQ(import(key, with, material), "ok");
  const std::string blob = encrypt(key);
  EXPECT_EQ(blob.size(), 36U + 12 + 1 + 16);
  EXPECT_EQ(import(key, with, material), "ok");  // the answer was lost, say

  EXPECT_EQ(delete_material(key), "ok");
  EXPECT_EQ(encrypt(key), "Rejected.PendingImport");
  EXPECT_EQ(code_of(open_blob(fixture_, keys_, kAccount, blob, "")), "Rejected.PendingImport");
  EXPECT_EQ(import(key, with, std::string(32, 'n')), "InvalidKeyMaterial");
  EXPECT_EQ(import(key, with, material), "ok");
  EXPECT_EQ(test::reveal(open_blob(fixture_, keys_, kAccount, blob, "")->plaintext), "x");
}

TEST_F(KeyLife, TokensBelongToOneKeyAndEnd) {
  const Key key = create({.origin = KeyOrigin::kExternal});
  const Key other = create({.origin = KeyOrigin::kExternal});
  const Key own = create();
  const std::string material(32, 'm');
  const ImportParameters with = parameters(key);
  EXPECT_EQ(import(other, with, material), "InvalidImportToken");
  ImportParameters damaged = with;
  damaged.token[damaged.token.size() / 2] ^= 1;
  EXPECT_EQ(import(key, damaged, material), "InvalidImportToken");
  EXPECT_EQ(import(own, with, material), "Unsupported.Origin");
  EXPECT_EQ(delete_material(own), "Unsupported.Origin");
  EXPECT_EQ(code_of(keys_.import_parameters(own, crypto::KeyKind::kRsa2048,
                                            crypto::EncryptionScheme::kRsaOaepSha256, now())),
            "Unsupported.Origin");
  EXPECT_EQ(code_of(keys_.import_parameters(key, crypto::KeyKind::kRsa2048,
                                            crypto::EncryptionScheme::kSm2Pke, now())),
            "InvalidParameter");
  days(1);
  EXPECT_EQ(import(key, with, material), "ExpiredImportToken");
}

TEST_F(KeyLife, EveryWrappingAlgorithmWorks) {
  using enum crypto::EncryptionScheme;
  for (const auto scheme : {kRsaOaepSha1, kRsaOaepSha256, kRsaPkcs1, kSm2Pke}) {
    const Key key = create({.spec = KeySpec::kSm4, .origin = KeyOrigin::kExternal});
    const auto kind = scheme == kSm2Pke ? crypto::KeyKind::kEcSm2 : crypto::KeyKind::kRsa2048;
    EXPECT_EQ(import(key, parameters(key, kind, scheme), std::string(16, 'm'), scheme), "ok");
    EXPECT_TRUE(open_blob(fixture_, keys_, kAccount, encrypt(key), ""));
  }
}

TEST_F(KeyLife, MaterialExpires) {
  const Key key = create({.origin = KeyOrigin::kExternal});
  const std::string material(32, 'm');
  const auto scheme = crypto::EncryptionScheme::kRsaOaepSha256;
  EXPECT_EQ(import(key, parameters(key), material, scheme, now()), "InvalidParameter");
  ASSERT_EQ(import(key, parameters(key), material, scheme, {now().unix_ms + kMillisPerDay}), "ok");
  EXPECT_EQ(run_due(), 0);
  days(1);
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(found(key).state, KeyState::kPendingImport);
  EXPECT_EQ(encrypt(key), "Rejected.PendingImport");
  // A key that waits for its deletion stays there, and comes back without material.
  ASSERT_EQ(import(key, parameters(key), material), "ok");
  ASSERT_EQ(change([&](barrier::Transaction& t) -> Result<void> {
              SR_TRY(Key head, keys_.find(t, kAccount, key.id));
              return keys_.schedule_deletion(t, std::move(head), {now().unix_ms + 1});
            }),
            "ok");
  EXPECT_EQ(delete_material(key), "ok");
  EXPECT_EQ(found(key).state, KeyState::kPendingDeletion);
  EXPECT_EQ(cancel_deletion(found(key))->state, KeyState::kPendingImport);
  fixture_.clock().advance_ms(1);
  EXPECT_EQ(run_due(), 1);
}

// However late the work comes that removes it.
TEST_F(KeyLife, ExpiredMaterialIsNotUsedFromThatMomentOn) {
  const Keys timed(*fixture_, fixture_.random(), "cn-hangzhou", &fixture_.clock());
  const Key key = create({.origin = KeyOrigin::kExternal});
  const auto scheme = crypto::EncryptionScheme::kRsaOaepSha256;
  const std::string material(32, 'm');
  ASSERT_EQ(import(key, parameters(key), material, scheme, {now().unix_ms + kMillisPerDay}), "ok");
  fixture_.clock().advance_ms(kMillisPerDay - 1);
  EXPECT_EQ(timed.status(*reader(), kAccount, key.id)->state, KeyState::kEnabled);
  EXPECT_TRUE(timed.wrapping_key(*reader(), kAccount, key.id));
  fixture_.clock().advance_ms(1);
  EXPECT_EQ(timed.status(*reader(), kAccount, key.id)->state, KeyState::kPendingImport);
  EXPECT_EQ(code_of(timed.encrypt(*reader(), kAccount, key.id, test::secret("x"), "")),
            "Rejected.PendingImport");
  EXPECT_EQ(code_of(timed.wrapping_key(*reader(), kAccount, key.id)), "Rejected.PendingImport");
  ASSERT_EQ(import(key, parameters(key), material), "ok");
  EXPECT_EQ(timed.status(*reader(), kAccount, key.id)->state, KeyState::kEnabled);
}

TEST_F(KeyLife, AnExternalKeyWithoutMaterialCanBeDeleted) {
  const Key key = create({.origin = KeyOrigin::kExternal});
  ASSERT_EQ(change([&](barrier::Transaction& t) -> Result<void> {
              SR_TRY(Key head, keys_.find(t, kAccount, key.id));
              return keys_.schedule_deletion(t, std::move(head), now());
            }),
            "ok");
  EXPECT_EQ(run_due(), 1);
  EXPECT_EQ(code_of(keys_.find(*reader(), kAccount, key.id)), "Forbidden.KeyNotFound");
}

TEST_F(KeyLife, SecretsAreWrappedUnderEverySymmetricSpec) {
  for (const KeySpec spec : {KeySpec::kAes256, KeySpec::kAes192, KeySpec::kAes128, KeySpec::kSm4}) {
    const Key key = create({.spec = spec});
    const auto wrapping = keys_.wrapping_key(*reader(), kAccount, key.id);
    ASSERT_TRUE(wrapping);
    EXPECT_EQ(wrapping->material.size(), 32U);
    const auto again = keys_.material(*reader(), kAccount, key.id, wrapping->version_id);
    EXPECT_EQ(test::reveal(*again), test::reveal(wrapping->material));
  }
  const Key pair = create({.spec = KeySpec::kEcP256, .usage = KeyUsage::kSignVerify});
  EXPECT_EQ(code_of(keys_.wrapping_key(*reader(), kAccount, pair.id)), "UnsupportedOperation");
  EXPECT_EQ(encrypt(pair), "UnsupportedOperation");
}

}  // namespace
}  // namespace strongroom::keys
