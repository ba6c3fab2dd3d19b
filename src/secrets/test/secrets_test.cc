#include "strongroom/secrets/secrets.h"

#include <gtest/gtest.h>

#include "strongroom/secrets/transition.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::secrets {
namespace {

const AccountId kAccount{1000000000000001ULL};

std::string code_of(const auto& result) {
  return result.has_value() ? "ok" : result.error().code();
}

// kInternal stands for success, which no test expects here.
ErrorKind kind_of(const Result<std::string>& result) {
  return result.has_value() ? ErrorKind::kInternal : result.error().kind();
}

class SecretsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(fixture_->visit_all(secrets_.index_visits())); }

  Instant now() { return fixture_.clock().now(); }
  std::unique_ptr<barrier::SnapshotReader> reader() { return *fixture_->reader(); }

  void create(const std::string& name, std::string_view value = "one",
              std::vector<keys::Tag> tags = {}) {
    auto transaction = *fixture_->begin();
    ASSERT_TRUE(secrets_.require_free(*transaction, kAccount, name));
    const auto key = keys_.default_wrapping_key(*transaction, kAccount, now());
    ASSERT_TRUE(key);
    ASSERT_TRUE(secrets_.create(*transaction,
                                {.account = kAccount,
                                 .name = name,
                                 .version_id = "v1",
                                 .description = "about " + name,
                                 .tags = std::move(tags),
                                 .creator = "acs:ram::1000000000000001:root",
                                 .data_type = DataType::kText},
                                test::secret(value), *key, now()));
    const auto committed = transaction->commit();
    ASSERT_TRUE(committed) << committed.error().message();
  }
  Result<std::vector<std::string>> put(const std::string& name, const std::string& id,
                                       std::string_view value,
                                       std::vector<std::string_view> labels = {kCurrent}) {
    auto transaction = *fixture_->begin();
    SR_TRY(const SecretView view, secrets_.view(*transaction, kAccount, name));
    SR_TRY(auto done, secrets_.put(*transaction, view, {id, DataType::kText, std::move(labels)},
                                   test::secret(value), now()));
    SR_CHECK_OK(transaction->commit());
    return done;
  }
  Result<std::string> read(barrier::Reader& from, const std::string& name, std::string_view id = "",
                           std::string_view stage = "") {
    SR_TRY(const SecretView secret, secrets_.live_view(from, kAccount, name));
    SR_TRY(const VersionView version, secret.select(id, stage));
    SR_TRY(const keys::UseStatus key, keys_.status(from, kAccount, version.key_id()));
    SR_TRY(const SecretBytes value, secrets_.open(from, secret, version, key));
    return test::reveal(value);
  }
  Result<std::string> read(const std::string& name, std::string_view id = "",
                           std::string_view stage = "") {
    return read(*reader(), name, id, stage);
  }
  Secret head(const std::string& name) {
    return secrets_.view(*reader(), kAccount, name)->decode();
  }
  template <class Change>
  void change(const std::string& name, Change change) {
    auto transaction = *fixture_->begin();
    Secret secret = secrets_.view(*transaction, kAccount, name)->decode();
    change(*transaction, std::move(secret));
    ASSERT_TRUE(transaction->commit());
  }

  std::string row(const std::string& name, std::uint32_t serial) {
    return (*reader()->read_raw({barrier::RecordType::kSecretVersion, kAccount, name, serial}))
        ->bytes;
  }
  /// What someone who can write to the store may do to a version's row.
  void replace(const std::string& name, std::uint32_t serial, const std::string& bytes) {
    const barrier::Address address{barrier::RecordType::kSecretVersion, kAccount, name, serial};
    auto transaction = *fixture_->begin();
    transaction->remove(address);
    ASSERT_TRUE(transaction->commit());
    transaction = *fixture_->begin();
    transaction->put_raw(address, bytes);
    ASSERT_TRUE(transaction->commit());
  }

  test::SealedStoreFixture fixture_;
  keys::Keys keys_{*fixture_, fixture_.random(), "cn-hangzhou"};
  Secrets secrets_{*fixture_, keys_, fixture_.random(), "cn-hangzhou"};
};

TEST_F(SecretsTest, AHeadSurvivesItsRecordWhole) {
  create("app/db", "x", {{"env", "dev"}});
  change("app/db", [this](barrier::Transaction& transaction, Secret secret) {
    secret.type = SecretType::kEcs;
    secret.instance_id = "kst-1";
    secret.planned_delete = {77};
    secret.extended_config = "{}";
    secret.owing_service = "alb";
    secret.rotation = {Automatic::kInvalid, 604'800, {1}, {2}};
    secret.versions[0].labels = {"ACSCurrent", "blue"};
    secret.versions[0].data_type = DataType::kBinary;
    secrets_.save(transaction, secret);
    EXPECT_EQ(secrets_.view(transaction, kAccount, "app/db")->decode(), secret);
  });
  const Secret stored = head("app/db");
  EXPECT_EQ(stored.rotation.interval_seconds, 604'800);
  EXPECT_EQ(stored.tags, (std::vector<keys::Tag>{{"env", "dev"}}));
  EXPECT_EQ(stored.versions[0].labels, (std::vector<std::string>{"ACSCurrent", "blue"}));
  EXPECT_EQ(stored.next_serial, 2U);
  EXPECT_TRUE(stored.default_key);
}

TEST_F(SecretsTest, ValuesComeBackByStageAndById) {
  create("app/db");
  EXPECT_EQ(*read("app/db"), "one");
  EXPECT_EQ(*put("app/db", "v2", "two"), std::vector<std::string>{"ACSCurrent"});
  EXPECT_EQ(*read("app/db"), "two");
  EXPECT_EQ(*read("app/db", "", "ACSPrevious"), "one");
  EXPECT_EQ(*read("app/db", "v1"), "one");
  EXPECT_EQ(*read("app/db", "v1", "ACSPrevious"), "one");
  EXPECT_EQ(code_of(read("app/db", "v1", "ACSCurrent")), "InvalidParameter");
  EXPECT_EQ(code_of(read("app/db", "v9")), "Forbidden.ResourceNotFound");
  EXPECT_EQ(code_of(read("app/db", "", "blue")), "Forbidden.ResourceNotFound");
  EXPECT_EQ(code_of(read("app/none")), "Forbidden.ResourceNotFound");
  EXPECT_EQ(code_of(read("")), "Forbidden.ResourceNotFound");
}

TEST_F(SecretsTest, PuttingTheSameVersionAgainIsIdempotentAndAnotherValueIsRefused) {
  create("app/db");
  ASSERT_TRUE(put("app/db", "v2", "two"));
  const Secret before = head("app/db");
  EXPECT_EQ(*put("app/db", "v1", "one", {"blue"}), std::vector<std::string>{"ACSPrevious"});
  EXPECT_EQ(head("app/db"), before);
  EXPECT_EQ(code_of(put("app/db", "v1", "other")), "Rejected.ResourceExist");
}

TEST_F(SecretsTest, EvictedVersionsLoseTheirRows) {
  create("app/db");
  for (int i = 2; i <= 12; ++i)
    ASSERT_TRUE(put("app/db", "v" + std::to_string(i), "value" + std::to_string(i)));
  EXPECT_EQ(head("app/db").versions.size(), 10U);
  EXPECT_EQ(code_of(read("app/db", "v2")), "Forbidden.ResourceNotFound");
  EXPECT_EQ(*read("app/db", "v3"), "value3");
  const auto gone =
      reader()->read_raw({barrier::RecordType::kSecretVersion, kAccount, "app/db", 2});
  EXPECT_EQ(gone.error().kind(), ErrorKind::kNotFound);
}

TEST_F(SecretsTest, ATakenNameIsRefusedUntilItIsPurged) {
  create("app/db");
  auto transaction = *fixture_->begin();
  EXPECT_EQ(code_of(secrets_.require_free(*transaction, kAccount, "app/db")),
            "Rejected.ResourceExist");
  const Instant when{now().unix_ms + 7 * kMillisPerDay};
  change("app/db", [&](barrier::Transaction& t, Secret secret) {
    ASSERT_TRUE(secrets_.plan_deletion(t, secret, when));
  });
  EXPECT_EQ(code_of(read("app/db")), "Rejected.ResourceInDeleteWindow");
  EXPECT_EQ(code_of(put("app/db", "v2", "two")), "Rejected.ResourceInDeleteWindow");
  transaction = *fixture_->begin();
  EXPECT_EQ(code_of(secrets_.require_free(*transaction, kAccount, "app/db")),
            "Rejected.ResourceInDeleteWindow");

  const auto rows = fixture_->due(barrier::TimeTable::kDue, when, 10);
  ASSERT_TRUE(rows && rows->size() == 1);
  const auto task = due::decode(rows->front().record->body());
  transaction = *fixture_->begin();
  EXPECT_FALSE(*secrets_.purge_due(*transaction, *task, now()));
  fixture_.clock().set(when);
  EXPECT_TRUE(*secrets_.purge_due(*transaction, *task, now()));
  transaction->remove_timed(rows->front().key, rows->front().record->modified());
  ASSERT_TRUE(transaction->commit());
  EXPECT_EQ(code_of(read("app/db")), "Forbidden.ResourceNotFound");
  EXPECT_EQ(secrets_.index().count(kAccount), 0U);
  create("app/db", "anew");
  EXPECT_EQ(*read("app/db"), "anew");
  transaction = *fixture_->begin();
  EXPECT_FALSE(*secrets_.purge_due(*transaction, *task, now()));  // another secret has the name now
}

TEST_F(SecretsTest, ARestoredSecretIsNotPurged) {
  create("app/db");
  const Uuid uuid = head("app/db").uuid;
  change("app/db", [&](barrier::Transaction& t, Secret secret) {
    ASSERT_TRUE(secrets_.plan_deletion(t, secret, now()));
  });
  change("app/db", [&](barrier::Transaction& t, Secret secret) {
    secrets_.save(t, *restore(std::move(secret)));
  });
  auto transaction = *fixture_->begin();
  EXPECT_FALSE(*secrets_.purge_due(*transaction,
                                   {due::Kind::kPurgeSecret, kAccount, "app/db", uuid}, now()));
  EXPECT_EQ(*read("app/db"), "one");
}

TEST_F(SecretsTest, TheKeysStateIsCheckedAtEveryRead) {
  create("app/db");
  const std::string key_id = head("app/db").encryption_key_id;
  const auto set_state = [&](keys::KeyState state) {
    auto transaction = *fixture_->begin();
    keys::Key key = *keys_.find(*transaction, kAccount, key_id);
    key.state = state;
    keys_.save(*transaction, key);
    ASSERT_TRUE(transaction->commit());
  };
  set_state(keys::KeyState::kDisabled);
  EXPECT_EQ(code_of(read("app/db")), "Rejected.Disabled");
  EXPECT_EQ(code_of(put("app/db", "v2", "two")), "Rejected.Disabled");
  set_state(keys::KeyState::kPendingDeletion);
  EXPECT_EQ(code_of(read("app/db")), "Rejected.PendingDeletion");
  set_state(keys::KeyState::kEnabled);
  EXPECT_EQ(*read("app/db"), "one");
}

TEST_F(SecretsTest, ACachedReadNeedsNoStorageAndNoKeyMaterial) {
  create("app/db");
  const auto cache = fixture_->make_cache(1.0);
  EXPECT_EQ(kind_of(read(*cache, "app/db")), ErrorKind::kNotCached);
  const auto worker = reader();
  ASSERT_EQ(*read(*worker, "app/db"), "one");
  cache->fill(worker->take_read_set());
  EXPECT_EQ(*read(*cache, "app/db"), "one");
  ASSERT_TRUE(put("app/db", "v2", "two"));
  EXPECT_EQ(kind_of(read(*cache, "app/db")),
            ErrorKind::kNotCached);  // told before put() returned
}

TEST_F(SecretsTest, AnEvictedValueDoesNotComeBackUnderItsReusedVersionId) {
  create("a");
  ASSERT_TRUE(put("a", "reused", "old"));
  const std::string old_row = row("a", 2);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(put("a", "filler" + std::to_string(i), "x"));
  ASSERT_TRUE(put("a", "reused", "new"));
  ASSERT_EQ(*read("a"), "new");
  replace("a", 13, old_row);  // name, uuid, version id and key are the same: only the head tells
  EXPECT_EQ(kind_of(read("a")), ErrorKind::kCorrupt);
}

TEST_F(SecretsTest, AVersionRowOpensInItsOwnPlaceOnly) {
  create("a", "value a");
  create("b", "value b");
  ASSERT_TRUE(put("a", "v2", "second"));
  const std::string original = row("a", 1);
  for (const std::string& wrong :
       {row("b", 1), row("a", 2), original.substr(0, original.size() - 1), std::string("x")}) {
    replace("a", 1, wrong);
    EXPECT_EQ(kind_of(read("a", "v1")), ErrorKind::kCorrupt);
  }
  for (std::size_t i = 0; i < original.size(); i += 7) {
    std::string flipped = original;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x20);
    replace("a", 1, flipped);
    ASSERT_EQ(kind_of(read("a", "v1")), ErrorKind::kCorrupt) << "byte " << i;
  }
  replace("a", 1, original);
  EXPECT_EQ(*read("a", "v1"), "value a");
}

TEST_F(SecretsTest, ListsPagesInOrderOfNamesWithFilters) {
  create("c", "x", {{"env", "dev"}, {"team", "red"}});
  create("a", "x", {{"env", "prod"}});
  create("b", "x", {{"env", "dev"}});
  const auto names = [](const Result<ListPage>& page) {
    std::vector<std::string> out;
    for (const Secret& secret : page->items) out.push_back(secret.name);
    return out;
  };
  using Names = std::vector<std::string>;
  using Field = Filter::Field;
  const auto list = [this](std::vector<Filter> filters, std::size_t offset = 0,
                           std::size_t limit = 10) {
    return secrets_.list(*reader(), kAccount, filters, offset, limit);
  };
  EXPECT_EQ(names(list({})), (Names{"a", "b", "c"}));
  EXPECT_EQ(names(list({}, 1, 1)), Names{"b"});
  EXPECT_EQ(list({}, 1, 1)->total, 3U);
  EXPECT_EQ(names(list({{Field::kName, {"c", "a", "zz"}}})), (Names{"a", "c"}));
  EXPECT_EQ(names(list({{Field::kTagKey, {"env"}}, {Field::kTagValue, {"dev"}}})),
            (Names{"b", "c"}));
  EXPECT_EQ(names(list({{Field::kTagKey, {"team"}}, {Field::kTagValue, {"dev"}}})), Names{});
  EXPECT_EQ(names(list({{Field::kTagValue, {"dev"}}, {Field::kDescription, {"about b"}}})),
            Names{"b"});
  EXPECT_EQ(names(list({{Field::kType, {"generic"}}}, 2, 10)), Names{"c"});
  EXPECT_EQ(list({{Field::kType, {"RDS"}}})->total, 0U);
  Secrets unbuilt{*fixture_, keys_, fixture_.random(), "cn-hangzhou"};
  EXPECT_EQ(code_of(unbuilt.list(*reader(), kAccount, {}, 0, 10)), "ServiceUnavailableTemporary");
  ASSERT_TRUE(fixture_->visit_all(unbuilt.index_visits()));
  EXPECT_EQ(names(unbuilt.list(*reader(), kAccount, {}, 0, 10)), (Names{"a", "b", "c"}));
}

}  // namespace
}  // namespace strongroom::secrets
