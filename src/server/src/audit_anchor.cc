#include "audit_anchor.h"

#include "server_event.h"
#include "server_record.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/base/field_cursor.h"
#include "strongroom/base/log.h"

namespace strongroom::server {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::string_view kRecord = "audit-head";

Result<std::optional<audit::TreeHead>> remembered(barrier::SealedStore& store) {
  SR_TRY(const auto reader, store.reader());
  SR_TRY(const auto record, find_server_record(*reader, kRecord));
  if (!record) return std::nullopt;
  FieldCursor fields((*record)->body());
  const std::uint8_t format = fields.u8();
  audit::TreeHead head;
  head.size = fields.u64();
  head.root_hash = fields.text();
  if (format == kFormat && fields.finished()) return head;
  return fail(ErrorKind::kCorrupt, "AuditHeadRecord",
              "the record \"audit-head\" has a form that this release does not know");
}

}  // namespace

Result<void> remember_audit_head(barrier::Transaction& transaction, const audit::TreeHead& head,
                                 Random& random) {
  std::string body(1, static_cast<char>(kFormat));
  append_u64(body, head.size);
  append_text16(body, head.root_hash);
  return replace_server_record(transaction, kRecord, as_bytes(body), random);
}

Result<std::optional<std::string>> audit_gap(barrier::SealedStore& store, audit::Log& log,
                                             const std::string& directory) {
  SR_TRY(const auto known, remembered(store));
  if (!known || known->size == 0) return std::nullopt;
  SR_TRY(const audit::TreeHead now, log.settle());
  const std::string entries = std::to_string(known->size);
  if (now.size < known->size) {
    return "the audit log ends at entry " + std::to_string(now.size) +
           ", but the store knows that it had " + entries + ": an older copy was put in its place";
  }
  SR_TRY(const auto files, audit_format::LogDirectory::open(directory));
  SR_TRY(const auto tree, audit_format::load_frontier(known->size, files.hash_reader()));
  if (as_chars(tree.root()) == known->root_hash) return std::nullopt;
  return "the first " + entries +
         " entries of the audit log are not those that the store knows of: another log was put in "
         "its place";
}

Result<std::string> check_audit_log(barrier::SealedStore& store, audit::Log& log,
                                    const std::string& directory, AccountId account,
                                    bool was_missing) {
  std::optional<std::string> why =
      "there was no audit log in the data directory: a new one begins, and earlier calls can only "
      "be proved from copies";
  if (!was_missing) {
    SR_TRY(why, audit_gap(store, log, directory));
  }
  if (!why) return std::string();
  log::error(was_missing ? "audit_log_removed" : "audit_log_replaced", {{"why", *why}});
  tell_event(store, account, SystemClock().now(),
             was_missing ? "AuditLog:Removed:Failure" : "AuditLog:Replaced:Failure", "CRITICAL",
             *why);
  return std::move(*why);
}

}  // namespace strongroom::server
