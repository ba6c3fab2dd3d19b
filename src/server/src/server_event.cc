#include "server_event.h"

#include <filesystem>

#include "strongroom/base/json_writer.h"
#include "strongroom/base/log.h"
#include "strongroom/due/due.h"

namespace strongroom::server {

void tell_event(barrier::SealedStore& store, AccountId account, Instant now,
                const std::string& name, const std::string& level, const std::string& why) {
  auto transaction = store.begin();
  if (!transaction) return;
  std::string detail;
  JsonWriter json(detail);
  json.begin_object();
  json.member("level", level);
  json.member("why", why);
  json.end_object();
  due::record(**transaction, now,
              {.name = name, .account = account, .resource = "", .detail_json = detail});
  if (const auto done = (*transaction)->commit(); !done)
    log::warn("event_not_recorded", {{"event", name}, {"code", done.error().code()}});
}

bool has_audit_log(const std::string& data_directory) {
  std::error_code failed;
  return std::filesystem::exists(data_directory + "/audit", failed);
}

}  // namespace strongroom::server
