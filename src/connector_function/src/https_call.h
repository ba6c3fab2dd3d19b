#pragma once
// One POST over TLS and its answer, in locked memory.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"
#include "strongroom/dial/url.h"

namespace strongroom::connector_function {

struct HttpAnswer {
  int status = 0;
  std::string fields;  // header lines, names in lower case
  SecretBytes body;

  /// The value of a header field, trimmed; empty if it is not there. `name` in lower case.
  std::string_view field(std::string_view name) const;
};

/// The target's address as a URL. kConfiguration if it is none, or pins what cannot be checked.
connector_kit::Attempt<dial::HttpsUrl> url_of(const connector::Target& target);

struct HttpsCall {
  const connector::Target& target;
  const dial::HttpsUrl& url;
  const std::vector<std::string>& private_hosts;
};
/// Sends `head` (request line to blank line) and `body`. kUnreachable if nothing was sent,
/// kAmbiguous once something was and no whole answer came, kConfiguration for a certificate that is
/// not to be trusted and for an address that is refused.
connector_kit::Attempt<HttpAnswer> post(const HttpsCall& call, std::string_view head,
                                        const SecretBytes& body,
                                        const connector_kit::Budget& budget);

/// What a status that is not 2xx means for the step.
connector_kit::Failure failure_of_status(int status, std::string_view what);

}  // namespace strongroom::connector_function
