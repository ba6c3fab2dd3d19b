// What a key takes with it when it is deleted.

#include <algorithm>
#include <string>
#include <vector>

#include "key_handlers.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/base/limits.h"
#include "strongroom/base/log.h"
#include "strongroom/due/due.h"
#include "strongroom/secrets/secrets.h"

namespace strongroom::service {
namespace {

constexpr std::size_t kNamesMax = 10;

struct Dependents {
  std::vector<std::string> names;  // the first kNamesMax
  std::size_t count = 0;
  bool all_seen = true;
};

bool depends(const secrets::SecretView& secret, std::string_view key_id) {
  if (secret.encryption_key_id() == key_id) return true;
  for (std::size_t i = 0; i < secret.version_count(); ++i) {
    if (secret.version(i).key_id() == key_id) return true;
  }
  return false;
}

/// Looks at the account's secrets with snapshots of its own: none of them is a precondition of the
/// deletion. At most limits::kTagScanResourcesMax of them.
Result<Dependents> dependents_of(const Call& call, std::string_view key_id) {
  Dependents found;
  const NameIndex& index = call.engines.secrets.index();
  std::string last;
  std::size_t seen = 0;
  while (index.ready()) {
    const auto names = index.following(call.account(), last, limits::kListScanBatch);
    if (names.empty()) return found;
    last = names.back();
    SR_TRY(const auto reader, call.engines.store.reader());
    for (const std::string& name : names) {
      const auto view = call.engines.secrets.view(*reader, call.account(), name);
      if (!view && view.error().kind() == ErrorKind::kNotFound) continue;
      if (!view) return std::unexpected(view.error());
      if (!depends(*view, key_id)) continue;
      if (found.names.size() < kNamesMax) found.names.push_back(name);
      ++found.count;
    }
    seen += names.size();
    if (seen >= limits::kTagScanResourcesMax) break;
  }
  found.all_seen = false;
  return found;
}

std::string warning_text(const Dependents& found, Instant when) {
  if (found.count == 0) {
    return "Not every secret was looked at. Those that are encrypted under this key will be "
           "unreadable from " +
           format_utc(when) +
           " on, and so will everything else that was encrypted with it. CancelKeyDeletion keeps "
           "it.";
  }
  std::string text = found.all_seen ? "" : "at least ";
  text += std::to_string(found.count) + (found.count == 1 ? " secret is" : " secrets are");
  text += " encrypted under this key and will be unreadable from " + format_utc(when) + " on:";
  for (const std::string& name : found.names) text += " " + name;
  if (found.count > found.names.size()) text += " …";
  return text + ". So will everything else that was encrypted with it. CancelKeyDeletion keeps it.";
}

std::string detail_json(const Dependents& found, Instant when) {
  std::string json;
  JsonWriter writer(json);
  writer.begin_object();
  writer.member("DeleteDate", format_utc(when));
  writer.member("DependentSecrets", static_cast<std::int64_t>(found.count));
  writer.begin_array("SecretNames");
  for (const std::string& name : found.names) writer.element(name);
  writer.end_array();
  writer.end_object();
  return json;
}

}  // namespace

Result<void> warn_of_dependents(Call& call, const keys::Key& key, Instant when) {
  SR_TRY(const Dependents found, dependents_of(call, key.id));
  due::record(*call.transaction, call.now,
              {"Key:DeletionScheduled", key.account, call.engines.keys.arn(key.account, key.id),
               detail_json(found, when)});
  if (found.count == 0 && found.all_seen) return {};
  log::warn("key_deletion_takes_secrets",
            {{"key", key.id}, {"secrets", static_cast<std::int64_t>(found.count)}});
  call.answer.field("Warning", warning_text(found, when));
  return {};
}

}  // namespace strongroom::service
