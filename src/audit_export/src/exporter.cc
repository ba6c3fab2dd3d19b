#include "strongroom/audit_export/exporter.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/base/descriptor.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/notify/https.h"

namespace strongroom::audit_export {
namespace {

constexpr std::size_t kBatchEntriesMax = 1'000;
constexpr std::size_t kBatchBytesMax = 512U << 10;

std::unexpected<Error> cannot(const std::string& verb, const std::string& path) {
  return fail(ErrorKind::kUnavailable, "AuditExportFile",
              "cannot " + verb + ' ' + path + ": " + std::system_category().message(errno));
}

Result<void> replace_text(const std::string& path, std::string_view text) {
  if (!replace_file(path, text)) return cannot("write", path);
  return {};
}

}  // namespace

Result<std::uint64_t> Exporter::load_cursor() const {
  const auto text = read_file(cursor_file(), limits::kAuditCursorBytesMax);
  if (!text && errno == ENOENT) return 0;
  if (!text) return cannot("read", cursor_file());
  const auto next = audit_format::parse_decimal(text->substr(0, text->find('\n')));
  if (next) return *next;
  return fail(ErrorKind::kCorrupt, "AuditExportCursor",
              cursor_file() + " must hold the number of the next entry; remove it to begin anew");
}

Result<void> Exporter::store_cursor(std::uint64_t next) const {
  return replace_text(cursor_file(), std::to_string(next) + "\n");
}

Result<bool> Exporter::run() {
  SR_TRY(auto log, audit_format::LogDirectory::open(directory_));
  const std::uint64_t size = log.checkpoint().head.size;
  SR_TRY(std::uint64_t next, load_cursor());
  SR_TRY(const std::uint64_t kept, log.first_kept());
  if (next < kept) {
    log::error("audit_export_missed",
               {{"place", name_}, {"entries", static_cast<std::int64_t>(kept - next)}});
    next = kept;
  }
  lag_ = size - std::min(next, size);
  if (next >= size) return false;
  std::vector<audit_format::Entry> batch;
  std::size_t bytes = 0;
  SR_CHECK_OK(log.for_each(next, [&](const audit_format::Entry& entry) {
    bytes += entry.text.size();
    batch.push_back(entry);
    return batch.size() < kBatchEntriesMax && bytes < kBatchBytesMax;
  }));
  SR_CHECK_OK(place_(batch));
  next += batch.size();
  SR_CHECK_OK(store_cursor(next));
  lag_ = size - std::min(next, size);
  return next < size;
}

Result<void> Publisher::run() {
  if (file_.empty() && url_.empty()) return {};
  SR_TRY(const auto log, audit_format::LogDirectory::open(directory_));
  const std::string& note = log.checkpoint_note();
  if (note == last_) return {};
  if (!file_.empty()) SR_CHECK_OK(replace_text(file_, note));
  if (!url_.empty()) {
    SR_CHECK_OK(
        notify::post_https(url_, {.content_type = "text/plain", .body = note},
                           {.ca_file = reach_.ca_file, .private_hosts = reach_.private_hosts}));
  }
  last_ = note;
  return {};
}

}  // namespace strongroom::audit_export
