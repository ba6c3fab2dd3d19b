#pragma once
// Whether a credential logs in at the system itself: the cloud's OpenAPI cannot tell. Another
// connector is asked with a job of its own. One object per job, one thread.

#include <span>

#include "strongroom/connector/connector.h"
#include "strongroom/connector_kit/access.h"
#include "strongroom/connector_kit/attempt.h"

namespace strongroom::connector_cloud {

/// The option of a target that says where to log in: host:port, or "none" if that cannot be reached
/// from here. Then a rotation rests on the cloud's word.
inline constexpr std::string_view kLoginOption = "login";

class Logins {
 public:
  /// All must outlive this.
  Logins(const connector::Job& job, std::span<connector::Connector* const> connectors,
         const connector_kit::Budget& budget)
      : job_(job), connectors_(connectors), budget_(budget) {}

  /// False if the target says that nothing can be reached. kConfiguration (LoginMissing) if it does
  /// not say anything.
  connector_kit::Attempt<bool> possible() const;
  /// As the connector for `kind` sees it at the login address. Its failures.
  connector_kit::Attempt<connector::Login> login(connector::Kind kind,
                                                 const connector::Credential& credential) const;

 private:
  const connector::Job& job_;
  const std::span<connector::Connector* const> connectors_;
  const connector_kit::Budget& budget_;
};

}  // namespace strongroom::connector_cloud
