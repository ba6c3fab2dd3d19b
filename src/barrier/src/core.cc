#include "core.h"

#include <cstdio>

#include "sealed_record.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/log.h"

namespace strongroom::barrier {

std::unexpected<Error> sealed_error() {
  return fail(ErrorKind::kUnavailable, "ServiceUnavailableTemporary",
              "the server sealed itself because stored data did not pass its checks; its operator "
              "finds the reason in the server's log");
}

std::unexpected<Error> not_found() {
  return fail(ErrorKind::kNotFound, "Barrier.NotFound", "no such record");
}

Core::Core(store::Store& engine, Uuid cluster, Random& random, Secrets secrets,
           StateSums::Keys keys)
    : engine_(engine),
      cluster_(cluster),
      random_(random),
      secrets_(std::move(secrets)),
      sums_(std::move(keys), cluster, random),
      verifier_(engine, sums_, [this](std::uint32_t bucket) {
        seal_server("state_sum_mismatch", "bucket " + std::to_string(bucket));
      }) {}

Result<std::optional<store::Row>> Core::fetch(const store::Snapshot& snapshot,
                                              std::string_view key) {
  if (sealed()) return sealed_error();
  if (const auto bucket = bucket_of(key)) SR_CHECK_OK(verifier_.touch(*bucket));
  return snapshot.get(key);
}

Result<RecordRef> Core::open_as(std::uint8_t type, AccountId account, const store::Row& row) {
  auto header = parse_header(row.record);
  if (!header) {
    seal_server("record_corrupt", "a stored record has no readable header");
    return std::unexpected(std::move(header).error());
  }
  auto key = secrets_.keyring->account_key(header->epoch, account);
  if (!key) {
    if (key.error().kind() == ErrorKind::kCorrupt) {
      seal_server("record_corrupt", "a stored record names an unknown keyring epoch");
    }
    return std::unexpected(std::move(key).error());
  }
  const Place place{.type = type, .cluster = cluster_, .account = account, .row_key = row.key};
  auto opened = open_record(**key, place, row.record);
  if (!opened) {
    if (opened.error().kind() == ErrorKind::kCorrupt) {
      seal_server("record_corrupt", "a stored record failed authentication");
    }
    return std::unexpected(std::move(opened).error());
  }
  return std::make_shared<const OpenedRecord>(std::move(opened->padded), opened->size,
                                              header->resource, header->rev, row.modified);
}

Result<RecordRef> Core::open(AccountId account, const store::Row& row) {
  const auto type = type_of(row.key);
  if (!type) return internal_error("barrier: not a resource row");
  return open_as(static_cast<std::uint8_t>(*type), account, row);
}

Result<RecordRef> Core::open_again(AccountId account, const store::Row& row, store::Revision seen) {
  if (RecordRef known = opened_.find(account, row)) return known;
  SR_TRY(RecordRef record, open(account, row));
  opened_.keep(account, row, record, seen);
  return record;
}

Result<RecordRef> Core::open_unaddressed(const store::Row& row) {
  const auto header = parse_header(row.record);
  const std::uint64_t masked = header ? header->masked_account : 0;
  return open(AccountId(masked ^ account_mask(secrets_.k_index, row.key)), row);
}

Result<RecordRef> Core::open_timed(const store::Row& row) {
  return open_as(kTimeRowType, AccountId(), row);
}

Result<std::string> Core::seal(const Address& address, std::string_view key, Uuid resource,
                               std::uint64_t rev, ByteView body) {
  const std::uint32_t epoch = secrets_.keyring->current();
  SR_TRY(const auto account_key, secrets_.keyring->account_key(epoch, address.account));
  const Place place{.type = static_cast<std::uint8_t>(address.type),
                    .cluster = cluster_,
                    .account = address.account,
                    .row_key = key};
  const RecordHeader header{
      .rev = rev,
      .resource = resource,
      .epoch = epoch,
      .masked_account = address.account.number() ^ account_mask(secrets_.k_index, key)};
  return seal_record(*account_key, place, header, body, random_);
}

Result<std::string> Core::reseal(const store::Row& row) {
  if (time_table_of(row.key)) {
    SR_TRY(const RecordRef record, open_timed(row));
    return seal_timed(row.key, record->body());
  }
  SR_TRY(const RecordRef record, open_unaddressed(row));
  SR_TRY(const RecordHeader header, parse_header(row.record));
  const AccountId account(header.masked_account ^ account_mask(secrets_.k_index, row.key));
  const Address address{.type = *type_of(row.key), .account = account, .name = {}};
  return seal(address, row.key, record->resource(), record->rev() + 1, record->body());
}

Result<std::string> Core::seal_timed(std::string_view key, ByteView body) {
  const std::uint32_t epoch = secrets_.keyring->current();
  SR_TRY(const auto account_key, secrets_.keyring->account_key(epoch, AccountId()));
  const Place place{
      .type = kTimeRowType, .cluster = cluster_, .account = AccountId(), .row_key = key};
  const RecordHeader header{.rev = 1,
                            .resource = {},
                            .epoch = epoch,
                            .masked_account = account_mask(secrets_.k_index, key)};
  return seal_record(*account_key, place, header, body, random_);
}

void Core::seal_server(std::string_view reason, std::string_view what) {
  if (sealed_.exchange(true, std::memory_order_acq_rel)) return;
  log::error("server_sealed", {{"reason", reason}, {"what", what}});
  std::fputs(
      "strongroom: SEALED. Stored data did not pass its checks: rows were changed, removed or put "
      "back\n"
      "strongroom: outside this server, or the disk is failing. Nothing is served or written any "
      "more.\n"
      "strongroom: Stop the server, keep the data directory as it is, copy it for inspection, and "
      "restore\n"
      "strongroom: the newest backup into another directory.\n",
      stderr);
}

}  // namespace strongroom::barrier
