#pragma once
// The condition keys of a request (gateway.md §6.2), each made when a statement asks for it. One
// thread.

#include <array>
#include <optional>
#include <string_view>

#include "strongroom/base/time.h"
#include "strongroom/identity/principal.h"
#include "strongroom/policy/conditions.h"

namespace strongroom::access {

/// What the gateway knows of a call.
struct CallFacts {
  Instant now;
  std::string_view source_ip;  // of the peer, or as a configured proxy says
  bool secure_transport = true;
  std::string_view gateway = "shared";  // or the id of the KMS instance whose endpoint was asked
};

/// The tags of the resource that is judged.
class TagSource {
 public:
  virtual ~TagSource() = default;
  /// Value number `index` of the tags whose name, in ASCII lower case, is `folded_name`; names that
  /// differ in case alone are values of one key.
  virtual std::optional<std::string_view> tag(std::string_view folded_name,
                                              std::size_t index) const = 0;
};

/// For access points, under a name that no policy can spell: which gateway was asked.
inline constexpr std::string_view kGatewayKey = "\x01gateway";

/// acs:SourceIp, acs:CurrentTime, acs:SecureTransport, acs:PrincipalARN, acs:MFAPresent (sessions
/// only), kms:tag/<name> and acs:ResourceTag/<name>, and what `more` knows. All else is absent,
/// acs:SourceVpc and acs:VpcSourceIp among it: there is no VPC here.
class RequestConditions final : public policy::Conditions {
 public:
  /// The arguments must outlive this; `tags` and `more` may be null.
  RequestConditions(const CallFacts& facts, const identity::Principal& principal,
                    const TagSource* tags, const policy::Conditions* more = nullptr)
      : facts_(facts), principal_(principal), tags_(tags), more_(more) {}

  std::optional<std::string_view> value(std::string_view folded_key,
                                        std::size_t index) const override;

 private:
  std::optional<std::string_view> single(std::string_view folded_key) const;

  const CallFacts& facts_;
  const identity::Principal& principal_;
  const TagSource* tags_;
  const policy::Conditions* more_;
  mutable std::array<char, 20> time_{};
};

}  // namespace strongroom::access
