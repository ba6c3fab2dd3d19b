#pragma once
// The registry of rotation targets as the rotations look things up in it: what a secret's
// ExtendedConfig names must be registered in the secret's own account, as a kind that fits its
// type. Thread-safe, no state.

#include "strongroom/rotation/rotations.h"
#include "strongroom/targets/targets.h"

namespace strongroom::server {

class RegisteredTargets final : public rotation::TargetSource {
 public:
  /// `targets` must outlive this.
  explicit RegisteredTargets(const targets::Targets& targets) : targets_(targets) {}

  /// Errors of Targets::find; 400 Rejected.UnsupportedOperation if the target is of another kind
  /// than secrets of that type rotate at.
  Result<rotation::ResolvedTarget> resolve(barrier::Reader& reader, const secrets::Secret& secret,
                                           std::string_view id) override;

 private:
  const targets::Targets& targets_;
};

}  // namespace strongroom::server
