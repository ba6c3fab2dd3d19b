#pragma once
// One signed call of the cloud's OpenAPI, and what its refusals mean for a step. One object per job
// and credential, one thread.
//
// Requests are what the cloud's current SDKs send: parameters in the query, ACS3-HMAC-SHA256
// (tests/vectors/cloud). The query may hold a password; it stays in locked memory.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/client/acs3.h"
#include "strongroom/client/client.h"
#include "strongroom/connector/job.h"
#include "strongroom/connector_kit/access.h"
#include "strongroom/connector_kit/attempt.h"

namespace strongroom::connector_cloud {

using connector_kit::Attempt;
using connector_kit::Budget;

inline constexpr std::string_view kRdsVersion = "2014-08-15";
inline constexpr std::string_view kRamVersion = "2015-05-01";
inline constexpr std::string_view kEcsVersion = "2014-05-26";

struct Request {
  std::string_view host;
  std::string_view version;
  const client::ApiCall& call;  // its parameters in any order
  std::string_view user_agent = "strongroom";
};
/// The head of a request, ready to be sent; its body is empty. Pure.
Attempt<SecretBytes> request_head(const Request& request, const client::Acs3Key& key,
                                  const client::Stamp& stamp);

/// Whether a credential is known and signs, as the code of a refused call says it.
bool is_refused_key(std::string_view code);
/// The call was signed well, but the account may not make it.
bool is_lack_of_rights(std::string_view code);
/// What a refused call means for the step; `code` and `message` are the cloud's.
connector_kit::Failure failure_of_refusal(int status, std::string_view code,
                                          std::string_view message);

struct Reply {
  int status = 0;
  client::Json json;
  bool ok() const { return status == 200; }
  std::string_view code() const { return json.root()["Code"].text(); }
};

class Api {
 public:
  /// All must outlive this.
  Api(const connector::Job& job, std::string_view version,
      const std::vector<std::string>& private_hosts, const Budget& budget)
      : job_(job), version_(version), private_hosts_(private_hosts), budget_(budget) {}

  /// The parsed answer, whatever its status, to a call signed by `key`. kUnreachable, kAmbiguous
  /// and kConfiguration as connector_kit::post.
  Attempt<Reply> ask(const client::Acs3Key& key, const client::ApiCall& call) const;
  /// As the target's admin; a refusal is a failure.
  Attempt<client::Json> call(const client::ApiCall& call) const;

 private:
  const connector::Job& job_;
  const std::string_view version_;
  const std::vector<std::string>& private_hosts_;
  const Budget& budget_;
};

}  // namespace strongroom::connector_cloud
