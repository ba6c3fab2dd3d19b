#pragma once
// Requests prepared before they are sent: byte for byte what the Python SDK
// (alibabacloud-tea-openapi 0.4) sends, signed with ACS3-HMAC-SHA256, each with its own nonce. Only
// the verb differs for reads: GET, so that a server of static files answers the same bytes.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/crypto/mac.h"

namespace strongroom::bench {

/// Many requests, one after the other in one run of bytes.
class RequestBatch {
 public:
  void add(std::string_view request) {
    bytes_.append(request);
    ends_.push_back(bytes_.size());
  }
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view(bytes_).substr(begin, ends_[i] - begin);
  }
  std::size_t bytes() const { return bytes_.size(); }

 private:
  std::string bytes_;
  std::vector<std::size_t> ends_;
};

struct CallText {
  const char* method = "GET";
  const char* action = "";
  std::string query;  // canonical: sorted, percent-encoded
  std::string form;   // the body, percent-encoded; only with POST
};

class Signer {
 public:
  /// `host` as it stands in the Host field. kExhausted without locked memory.
  static Result<Signer> make(std::string host, std::string key_id, std::string_view key_secret);

  /// The whole request, signed for the machine's time now.
  std::string request(const CallText& call);

 private:
  Signer(std::string host, std::string key_id, crypto::HmacKey key)
      : host_(std::move(host)), key_id_(std::move(key_id)), key_(std::move(key)) {}

  std::string host_;
  std::string key_id_;
  crypto::HmacKey key_;
  SystemRandom random_;
  SystemClock clock_;
};

/// The name of secret number i of a benchmark, and its query parameter.
std::string secret_name(std::size_t i);
std::string secret_name_parameter(std::size_t i);

CallText get_secret_value(std::size_t i);
CallText create_secret(std::size_t i, const std::string& value);
CallText put_secret_value(std::size_t i, std::size_t version, const std::string& value);

}  // namespace strongroom::bench
