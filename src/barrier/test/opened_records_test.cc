#include "opened_records.h"

#include <gtest/gtest.h>

#include "barrier_test_support.h"

namespace strongroom::barrier {
namespace {

const AccountId kOwner(1);
constexpr store::Revision kWritten{7};

store::Row row_of(RecordType type, std::string record = "sealed") {
  BlindedPrefix prefix{};
  return {.key = resource_key(prefix, type, 0), .record = std::move(record), .modified = kWritten};
}

RecordRef opened(store::Revision modified = kWritten) {
  auto body = SecretBytes::copy_of(as_bytes(std::string_view("body")));
  return std::make_shared<const OpenedRecord>(std::move(*body), 4, Uuid(), 1, modified);
}

void write(OpenedRecords& records, const store::Row& row, store::Revision revision) {
  const store::Write write{.key = row.key, .record = std::nullopt};
  const store::AppliedWrite applied{.write = &write, .replaced = std::nullopt};
  records.forget(revision, std::span(&applied, 1));
}

TEST(OpenedRecords, FindsWhatTheSameBytesWereOpenedTo) {
  OpenedRecords records;
  const store::Row row = row_of(RecordType::kKey);
  EXPECT_EQ(records.find(kOwner, row), nullptr);
  const RecordRef record = opened();
  records.keep(kOwner, row, record, kWritten);
  EXPECT_EQ(records.find(kOwner, row), record);
}

TEST(OpenedRecords, AnyDifferenceMustBeOpened) {
  OpenedRecords records;
  const store::Row row = row_of(RecordType::kKey);
  records.keep(kOwner, row, opened(), kWritten);
  EXPECT_EQ(records.find(AccountId(2), row), nullptr);
  EXPECT_EQ(records.find(kOwner, row_of(RecordType::kKey, "sealeD")), nullptr);
  EXPECT_EQ(records.find(kOwner, row_of(RecordType::kKeyMaterial)), nullptr);
  store::Row later = row;
  later.modified = store::Revision{8};
  EXPECT_EQ(records.find(kOwner, later), nullptr);
}

// What was removed is wiped, and does not come back through somebody who read it before.
TEST(OpenedRecords, WhatIsWrittenIsDropped) {
  OpenedRecords records;
  const store::Row row = row_of(RecordType::kKeyMaterial);
  RecordRef record = opened();
  const std::weak_ptr<const OpenedRecord> watched = record;
  records.keep(kOwner, row, std::move(record), kWritten);
  EXPECT_FALSE(watched.expired());
  write(records, row, store::Revision{9});
  EXPECT_TRUE(watched.expired());
  records.keep(kOwner, row, opened(), store::Revision{8});
  EXPECT_EQ(records.find(kOwner, row), nullptr);
  records.keep(kOwner, row, opened(), store::Revision{9});
  EXPECT_NE(records.find(kOwner, row), nullptr);
}

TEST(OpenedRecords, SecretsAndLargeRowsAreNotKept) {
  OpenedRecords records;
  for (const store::Row& row :
       {row_of(RecordType::kSecret), row_of(RecordType::kKey, std::string(9'000, 'x'))}) {
    records.keep(kOwner, row, opened(), kWritten);
    EXPECT_EQ(records.find(kOwner, row), nullptr);
  }
}

}  // namespace
}  // namespace strongroom::barrier
