// Generic secrets that a function of the user rotates (docs/functions.md).

#include <algorithm>

#include "rules.h"
#include "strongroom/base/api_error.h"
#include "strongroom/secrets/transition.h"

namespace strongroom::rotation {
namespace {

using secrets::Secret;

std::unexpected<Error> unsupported(const std::string& why) {
  return fail(ErrorKind::kInvalidInput, "Rejected.UnsupportedOperation",
              "Unsupported operation. " + why);
}

}  // namespace

Result<void> Rotations::set_function(barrier::Transaction& transaction, Secret secret,
                                     const Function& function, Instant now) {
  if (secret.managed())
    return unsupported("A managed secret is rotated by the server itself, not by a function.");
  const secrets::Version* current = secret.find_label(secrets::kCurrent);
  if (current != nullptr && current->data_type == secrets::DataType::kBinary)
    return unsupported("Functions rotate text; this secret's value is binary.");
  SR_TRY(const Run run, run_of(transaction, secret));
  if (run.running()) return being_rotated();
  if (function.privileged_secret == secret.name)
    return invalid_parameter("PrivilegedSecret", "It is another secret than the rotated one.");
  if (targets_ == nullptr)
    return fail(ErrorKind::kNotFound, "TargetUnknown", "This server has no registered targets.");
  SR_CHECK_OK(targets_->resolve(transaction, secret, function.target));
  SR_TRY(const ExtendedConfig config, function_config(function));
  secret.extended_config = to_json(config);
  secret.updated = now;
  return save(transaction, secret, run, now);
}

Result<void> Rotations::remove_function(barrier::Transaction& transaction, Secret secret,
                                        Instant now) {
  if (secret.managed()) return unsupported("A managed secret has no function.");
  if (!secret.rotates()) return not_managed();
  SR_TRY(const Run run, run_of(transaction, secret));
  if (run.running()) return being_rotated();
  SR_CHECK_OK(forget(transaction, secret));
  secret.extended_config.clear();
  secret.rotation = {};
  secret.updated = now;
  secrets_.save(transaction, secret);
  return {};
}

Result<void> Rotations::check_by_hand(barrier::Reader& reader, const secrets::SecretView& secret,
                                      std::span<const std::string_view> labels) const {
  if (secret.type() != secrets::SecretType::kGeneric || !secret.rotates()) return {};
  if (std::ranges::find(labels, secrets::kPending) != labels.end())
    return unsupported("ACSPending is the server's label while the secret has a function.");
  SR_TRY(const Run run, run_of(reader, secret.decode()));
  if (run.running()) return being_rotated();
  return {};
}

}  // namespace strongroom::rotation
