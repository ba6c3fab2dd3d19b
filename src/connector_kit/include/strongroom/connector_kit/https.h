#pragma once
// One POST over TLS and its answer, in locked memory. Functions without state, any thread.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"
#include "strongroom/connector_kit/attempt.h"
#include "strongroom/dial/url.h"

namespace strongroom::connector_kit {

struct HttpAnswer {
  int status = 0;
  std::string fields;  // header lines, names in lower case
  SecretBytes body;

  /// The value of a header field, trimmed; empty if it is not there. `name` in lower case.
  std::string_view field(std::string_view name) const;
};

/// The target's address as a URL. kConfiguration (TargetAddress) if it is none, or pins what cannot
/// be checked. `what` names the target for people: "a function".
Attempt<dial::HttpsUrl> url_of(const connector::Target& target, std::string_view what);

struct HttpsCall {
  const dial::HttpsUrl& url;
  std::string_view roots;  // PEM; empty: the system's
  const std::vector<std::string>& private_hosts;
  std::string_view what;       // whose answer it is, for people: "The function's endpoint"
  std::size_t answer_max = 0;  // bytes of a body
};
/// Sends `head` (request line to blank line) and `body`. kUnreachable if nothing was sent,
/// kAmbiguous once something was and no whole answer came, kConfiguration for a certificate that is
/// not to be trusted and for an address that is refused.
Attempt<HttpAnswer> post(const HttpsCall& call, const SecretBytes& head, const SecretBytes& body,
                         const Budget& budget);

}  // namespace strongroom::connector_kit
