#pragma once
// The client library: one signed OpenAPI call at a time over a kept connection. One thread.
//
// Signature: ACS3-HMAC-SHA256 (gateway.md §2). Parameters go into a form body; a value given as
// SecretBytes is encoded into locked memory and never becomes an ordinary string.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/client/json.h"
#include "strongroom/dial/connection.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::client {

inline constexpr std::string_view kKmsVersion = "2016-01-20";
inline constexpr std::string_view kStsVersion = "2015-04-01";
inline constexpr std::string_view kRamVersion = "2015-05-01";
inline constexpr std::string_view kOwnVersion = "2026-11-01";  // what only this server has

struct Parameter {
  std::string name;
  std::string value;
  const SecretBytes* secret = nullptr;  // instead of `value`; not owned
};

/// `parameters` in their order as application/x-www-form-urlencoded with %20 for blanks, in locked
/// memory: a body, or the query of a signed call. kExhausted without it.
Result<SecretBytes> form_body(const std::vector<Parameter>& parameters);

struct ApiCall {
  std::string_view action;
  std::vector<Parameter> parameters;
  std::string_view version = kKmsVersion;
};
/// Adds the parameter unless its value is empty.
void add(ApiCall& call, std::string name, const std::string& value);

struct Settings {
  std::string endpoint;  // "host:port": the Host header, as the signature covers it
  std::string ca_file;   // PEM; empty: the system's store
  std::string access_key_id;
  SecretBytes access_key_secret;
  std::string security_token;  // of temporary credentials, else empty
};

/// What the server said no with.
struct ApiError {
  int status = 0;
  std::string code;
  std::string message;
  std::string request_id;
  ErrorKind kind = ErrorKind::kInternal;
};

struct Answer {
  int status = 0;
  std::string request_id;
  std::int64_t server_clock = 0;  // the Date header, seconds since 1970; 0 if there was none
  SecretBytes body;               // with room behind the text
  std::size_t body_size = 0;
  Json json;

  bool ok() const { return status >= 200 && status < 300; }
  /// Of an answer that is not ok().
  ApiError error() const;
};

/// The text of one request, for people: what would be sent, with secret values as "***" and a
/// shortened signature, so that it is of no use to whoever reads it.
struct Preview {
  std::string head;
  std::string body;
};

class Client {
 public:
  Client(Settings settings, Clock& clock, Random& random);

  /// Connects if need be, signs, sends, reads. An answer with an error status is an Answer, not an
  /// error. Errors: those of dial::Connection::open, kUnavailable (ConnectionBroken), kInvalidInput
  /// (MalformedAnswer), kExhausted without locked memory. Nothing is ever sent twice; after an
  /// error the next call connects anew.
  Result<Answer> call(const ApiCall& call);

  Result<Preview> preview(const ApiCall& call) const;

  /// Connects without a call; the connection is kept. For diagnosis.
  Result<const dial::Connection*> connect();

 private:
  Result<Answer> exchange(std::string_view head, const SecretBytes& body);

  Settings settings_;
  Clock& clock_;
  Random& random_;
  std::optional<dial::Connection> connection_;
};

}  // namespace strongroom::client
