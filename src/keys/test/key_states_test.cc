// The state table of openapi.md §7.2, cell by cell.

#include <gtest/gtest.h>

#include "strongroom/keys/model.h"

namespace strongroom::keys {
namespace {

std::string code_of(const auto& result) {
  return result.has_value() ? "ok" : result.error().code();
}

struct Row {
  KeyAction action;
  const char* enabled;
  const char* disabled;
  const char* pending_deletion;
  const char* pending_import;
};

constexpr const char* kDisabledCode = "Rejected.Disabled";
constexpr const char* kDeletionCode = "Rejected.PendingDeletion";
constexpr const char* kImportCode = "Rejected.PendingImport";
constexpr const char* kStateCode = "Rejected.StateModifiedFailed";

constexpr Row kTable[] = {
    {KeyAction::kUse, "ok", kDisabledCode, kDeletionCode, kImportCode},
    {KeyAction::kRead, "ok", "ok", "ok", "ok"},
    {KeyAction::kAnnotate, "ok", "ok", kDeletionCode, "ok"},
    {KeyAction::kEnableOrDisable, "ok", "ok", kStateCode, kStateCode},
    {KeyAction::kScheduleDeletion, "ok", "ok", kStateCode, "ok"},
    {KeyAction::kCancelDeletion, kStateCode, kStateCode, "ok", kStateCode},
    {KeyAction::kProtect, "ok", "ok", kDeletionCode, "ok"},
    {KeyAction::kCreateAlias, "ok", "ok", kStateCode, "ok"},
    {KeyAction::kTakeAlias, "ok", "ok", kDeletionCode, "ok"},
    {KeyAction::kImport, "ok", "ok", kStateCode, "ok"},
};

TEST(KeyStates, EveryCellOfTheTable) {
  for (const Row& row : kTable) {
    SCOPED_TRACE(static_cast<int>(row.action));
    EXPECT_EQ(code_of(permit(row.action, KeyState::kEnabled)), row.enabled);
    EXPECT_EQ(code_of(permit(row.action, KeyState::kDisabled)), row.disabled);
    EXPECT_EQ(code_of(permit(row.action, KeyState::kPendingDeletion)), row.pending_deletion);
    EXPECT_EQ(code_of(permit(row.action, KeyState::kPendingImport)), row.pending_import);
  }
}

TEST(KeyStates, TransitionsAndDeletionProtection) {
  Key key;
  key = *disable(std::move(key));
  key = *disable(std::move(key));  // idempotent
  EXPECT_EQ(key.state, KeyState::kDisabled);
  key = *set_deletion_protection(std::move(key), true, "in use");
  EXPECT_EQ(code_of(schedule_deletion(key, {5})), kStateCode);
  key = *set_deletion_protection(std::move(key), false, "ignored");
  EXPECT_EQ(key.deletion_protection_description, "");
  key = *schedule_deletion(std::move(key), {5});
  EXPECT_EQ(key.state, KeyState::kPendingDeletion);
  EXPECT_EQ(key.delete_date.unix_ms, 5);
  EXPECT_EQ(code_of(set_deletion_protection(key, true, "")), kDeletionCode);
  key = *cancel_deletion(std::move(key));
  EXPECT_EQ(key.state, KeyState::kEnabled);
  EXPECT_EQ(key.delete_date, Instant{});
  EXPECT_EQ(code_of(describe(key, std::string(8193, 'x'))), "InvalidParameter");
  EXPECT_EQ(describe(key, "d")->description, "d");
}

}  // namespace
}  // namespace strongroom::keys
