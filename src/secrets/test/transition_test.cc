#include "strongroom/secrets/transition.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace strongroom::secrets {
namespace {

using Labels = std::vector<std::string>;

Version version_named(std::string id) {
  Version version;
  version.id = std::move(id);
  version.created = {1'000};
  return version;
}

Secret put(Secret before, const std::string& id,
           std::vector<std::string_view> labels = {kCurrent}) {
  auto added = add_version(std::move(before), version_named(id), labels);
  EXPECT_TRUE(added.has_value()) << added.error().message();
  return added->after;
}

Secret secret_with(const std::vector<std::string>& ids) {
  Secret secret;
  for (const auto& id : ids) secret = put(std::move(secret), id);
  return secret;
}

Labels labels_of(const Secret& secret, std::string_view id) {
  return secret.find_version(id)->labels;
}

std::string code_of(const auto& result) {
  return result.has_value() ? "" : result.error().code();
}

// --- PutSecretValue: the rows of the label movement table ---

TEST(AddVersion, DefaultMovesCurrentAndPrevious) {
  const Secret secret = secret_with({"v1", "v2", "v3"});
  EXPECT_EQ(labels_of(secret, "v3"), Labels{"ACSCurrent"});
  EXPECT_EQ(labels_of(secret, "v2"), Labels{"ACSPrevious"});
  EXPECT_EQ(labels_of(secret, "v1"), Labels{});
}

TEST(AddVersion, CustomLabelsAloneLeaveTheBuiltInOnes) {
  const Secret secret = put(secret_with({"v1", "v2"}), "v3", {"MyPendingLabel"});
  EXPECT_EQ(labels_of(secret, "v3"), Labels{"MyPendingLabel"});
  EXPECT_EQ(labels_of(secret, "v2"), Labels{"ACSCurrent"});
  EXPECT_EQ(labels_of(secret, "v1"), Labels{"ACSPrevious"});
}

TEST(AddVersion, CurrentPlusCustomStealsTheCustomLabel) {
  Secret secret = put(secret_with({"v1"}), "v2", {"ACSNext"});
  secret = put(std::move(secret), "v3", {"ACSNext", kCurrent});
  EXPECT_EQ(labels_of(secret, "v3"), (Labels{"ACSCurrent", "ACSNext"}));
  EXPECT_EQ(labels_of(secret, "v2"), Labels{});
  EXPECT_EQ(labels_of(secret, "v1"), Labels{"ACSPrevious"});
}

TEST(AddVersion, PendingIsAnOrdinaryLabelOnGenericSecrets) {
  const Secret secret = put(secret_with({"v1"}), "v2", {"ACSPending"});
  EXPECT_EQ(labels_of(secret, "v2"), Labels{"ACSPending"});
}

TEST(AddVersion, EvictsTheOldestUnlabelledVersion) {
  Secret secret = put(Secret{}, "v0");
  secret = *move_label(std::move(secret), {"keep", "v0", ""}, {});
  for (int i = 1; i < 10; ++i) secret = put(std::move(secret), "v" + std::to_string(i));
  ASSERT_EQ(secret.versions.size(), 10U);
  const auto added =
      add_version(secret, version_named("v10"), std::vector<std::string_view>{kCurrent});
  ASSERT_TRUE(added);
  EXPECT_EQ(added->evicted, std::vector<std::uint32_t>{2});  // v1: v0 is older but labelled
  EXPECT_NE(added->after.find_version("v0"), nullptr);
  EXPECT_EQ(added->after.find_version("v1"), nullptr);
  EXPECT_EQ(added->after.versions.size(), 10U);
}

TEST(AddVersion, RefusesATakenIdMoreThanEightLabelsManagedTypesAndTheDeleteWindow) {
  Secret secret = secret_with({"v1", "v2"});
  EXPECT_EQ(
      code_of(add_version(secret, version_named("v1"), std::vector<std::string_view>{kCurrent})),
      "Rejected.ResourceExist");
  const std::vector<std::string_view> seven{"a", "b", "c", "d", "e", "f", "g"};
  EXPECT_EQ(code_of(add_version(secret, version_named("v3"), seven)), "Rejected.LimitExceeded");
  EXPECT_TRUE(add_version(secret, version_named("v3"), std::span(seven).first(6)));
  Secret managed = secret;
  managed.type = SecretType::kRds;
  EXPECT_EQ(code_of(add_version(managed, version_named("v3"), seven)),
            "Rejected.UnsupportedOperation");
  EXPECT_EQ(code_of(add_version(*plan_deletion(secret, {9}), version_named("v3"), seven)),
            "Rejected.ResourceInDeleteWindow");
}

TEST(PutLabels, DefaultsAndRefusals) {
  EXPECT_EQ(*put_labels(std::nullopt), std::vector<std::string_view>{kCurrent});
  EXPECT_EQ(*put_labels({{"a", kCurrent}}), (std::vector<std::string_view>{"a", kCurrent}));
  EXPECT_EQ(code_of(put_labels(std::vector<std::string_view>{})), "InvalidParameter");
  EXPECT_EQ(code_of(put_labels({{"a", "a"}})), "InvalidParameter");
  EXPECT_EQ(code_of(put_labels({{""}})), "InvalidParameter");
  EXPECT_EQ(code_of(put_labels({{kCurrent, kPrevious}})), "InvalidParameter");
  EXPECT_EQ(code_of(put_labels({{std::string_view("\n")}})), "InvalidParameter");
}

// --- UpdateSecretVersionStage: the rows of its table ---

TEST(MoveLabel, ACustomLabelIsMadeMovedAndRemoved) {
  Secret secret = secret_with({"v1", "v2", "v3"});
  secret = *move_label(std::move(secret), {"blue", "v1", ""}, {5});
  EXPECT_EQ(labels_of(secret, "v1"), Labels{"blue"});
  EXPECT_EQ(secret.updated.unix_ms, 5);
  secret = *move_label(std::move(secret), {"blue", "v2", "v1"}, {});
  EXPECT_EQ(labels_of(secret, "v1"), Labels{});
  EXPECT_EQ(labels_of(secret, "v2"), (Labels{"ACSPrevious", "blue"}));
  secret = *move_label(std::move(secret), {"blue", "", "v2"}, {});
  EXPECT_EQ(labels_of(secret, "v2"), Labels{"ACSPrevious"});
}

TEST(MoveLabel, CurrentTakesPreviousAlong) {
  Secret secret = secret_with({"v1", "v2"});
  secret = *move_label(std::move(secret), {kCurrent, "v1", ""}, {});
  EXPECT_EQ(labels_of(secret, "v1"), Labels{"ACSCurrent"});
  EXPECT_EQ(labels_of(secret, "v2"), Labels{"ACSPrevious"});
  secret = *move_label(std::move(secret), {kCurrent, "v1", ""}, {});  // already there
  EXPECT_EQ(labels_of(secret, "v2"), Labels{"ACSPrevious"});
}

TEST(MoveLabel, PreviousMovesAlone) {
  const Secret secret = *move_label(secret_with({"v1", "v2", "v3"}), {kPrevious, "v1", "v2"}, {});
  EXPECT_EQ(labels_of(secret, "v1"), Labels{"ACSPrevious"});
  EXPECT_EQ(labels_of(secret, "v2"), Labels{});
  EXPECT_EQ(labels_of(secret, "v3"), Labels{"ACSCurrent"});
}

TEST(MoveLabel, Refusals) {
  const Secret secret = secret_with({"v1", "v2"});
  EXPECT_EQ(code_of(move_label(secret, {"blue", "", ""}, {})), "InvalidParameter");
  EXPECT_EQ(code_of(move_label(secret, {kCurrent, "", "v2"}, {})), "InvalidParameter");
  EXPECT_EQ(code_of(move_label(secret, {kPrevious, "", "v1"}, {})), "InvalidParameter");
  EXPECT_EQ(code_of(move_label(secret, {kCurrent, "v1", "v1"}, {})), "Rejected.InvalidRequest");
  EXPECT_EQ(code_of(move_label(secret, {"blue", "", "v1"}, {})), "Rejected.InvalidRequest");
  EXPECT_EQ(code_of(move_label(secret, {"blue", "v1", "nine"}, {})), "Rejected.InvalidRequest");
  EXPECT_EQ(code_of(move_label(secret, {"blue", "nine", ""}, {})), "Forbidden.ResourceNotFound");
  EXPECT_EQ(code_of(move_label(*plan_deletion(secret, {9}), {"blue", "v1", ""}, {})),
            "Rejected.ResourceInDeleteWindow");
  Secret full = secret;
  for (const std::string_view label : {"a", "b", "c", "d", "e", "f"})
    full = *move_label(full, {label, "v1", ""}, {});
  EXPECT_EQ(code_of(move_label(full, {"g", "v1", ""}, {})), "Rejected.LimitExceeded");
  EXPECT_TRUE(move_label(full, {"a", "v2", ""}, {}));
}

// --- deletion, names ---

TEST(Deletion, PlannedOnceRestoredOnce) {
  const Secret live = secret_with({"v1"});
  EXPECT_EQ(code_of(restore(live)), "Rejected.ResourceInUse");
  const Secret deleting = *plan_deletion(live, {99});
  EXPECT_EQ(deleting.planned_delete.unix_ms, 99);
  EXPECT_EQ(code_of(plan_deletion(deleting, {100})), "Rejected.ResourceInDeleteWindow");
  EXPECT_EQ(*restore(deleting), live);
}

TEST(CheckName, TheCharacterSetAndTheReservedPrefix) {
  EXPECT_TRUE(check_name("App/db_1+2=3.4-5@x"));
  EXPECT_TRUE(check_name(std::string(192, 'a')));
  for (const std::string& bad :
       {std::string(), std::string(193, 'a'), std::string("a b"), std::string("a:b"),
        std::string("acs/x"), std::string("\xE5\xAF\x86")}) {
    EXPECT_EQ(code_of(check_name(bad)), "InvalidParameter") << bad;
  }
  EXPECT_TRUE(check_version_id(std::string(64, 'v')));
  EXPECT_FALSE(check_version_id(std::string(65, 'v')));
}

}  // namespace
}  // namespace strongroom::secrets
