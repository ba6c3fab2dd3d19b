// What people are told when a rotation ended, as CloudMonitor names and spells it.

#include "rules.h"
#include "strongroom/base/json_writer.h"

namespace strongroom::rotation {
namespace {

std::string entity_arn(const std::string& region, const std::string& secret_arn,
                       const secrets::Secret& secret, const ExtendedConfig& config) {
  const std::string account = secret.account.text();
  if (secret.type == secrets::SecretType::kRds)
    return "acs:rds:" + region + ":" + account + ":dbinstance/" + std::string(config.target());
  if (secret.type == secrets::SecretType::kRamCredentials)
    return "acs:ram:*:" + account + ":user/" + std::string(config.target());
  return secret_arn;
}

}  // namespace

due::Event event_of(const secrets::Secrets& secrets, const std::string& region,
                    const secrets::Secret& secret, const Run& run, bool success, Instant now) {
  const std::string arn = secrets.arn(secret.account, secret.name);
  const auto config = stored_extended_config(secret.extended_config);
  const std::string_view sub_type = config ? config->sub_type() : std::string_view();
  std::string detail;
  JsonWriter json(detail);
  json.begin_object();
  json.member("eventId", run.id);
  json.member("secretName", secret.name);
  json.member("secretType", secrets::to_text(secret.type));
  json.member("RotationEntityArn", config ? entity_arn(region, arn, secret, *config) : arn);
  json.member("rotationStatus", success ? "Enabled" : "Invalid");
  json.member("secretSubType", sub_type);
  json.member("rotationSubType", sub_type);
  if (success) {
    json.member("successTime", format_utc(now));
  } else {
    json.begin_object("failureInfo");
    json.member("errorCode", run.code);
    json.member("errorMessage", run.message);
    json.end_object();
    json.member("failureTime", format_utc(now));
  }
  json.end_object();
  const std::string_view what = run.purpose == Purpose::kResync  ? "ResyncSecret"
                                : run.purpose == Purpose::kAdopt ? "AdoptSecret"
                                                                 : "RotateSecret";
  return {"Secret:" + std::string(what) + (success ? ":Success" : ":Failure"), secret.account, arn,
          std::move(detail)};
}

}  // namespace strongroom::rotation
