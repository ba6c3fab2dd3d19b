#pragma once
// Requests for tests, built field by field and decoded in one step.

#include <algorithm>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {

struct TestRequest {
  std::string method = "POST";
  std::string path = "/";
  std::string query;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;

  /// Replaces the first header of that name, or adds it.
  TestRequest& with(std::string name, std::string value) {
    for (auto& [known, held] : headers) {
      if (known == name) {
        held = std::move(value);
        return *this;
      }
    }
    return adding(std::move(name), std::move(value));
  }
  TestRequest& adding(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
  TestRequest& without(std::string_view name) {
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
    return *this;
  }
};

inline constexpr const char* kEmptyHash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// A GetSecretValue as today's SDKs sign it (the signature itself is made up).
inline TestRequest acs3_request() {
  TestRequest request;
  request.query = "SecretName=db%2Fpass";
  request.headers = {
      {"host", "127.0.0.1:34369"},
      {"x-acs-version", "2016-01-20"},
      {"x-acs-action", "GetSecretValue"},
      {"user-agent", "AlibabaCloud (linux; x64)"},
      {"x-acs-date", "2026-11-21T22:34:21Z"},
      {"x-acs-signature-nonce", "649731d1a9fcb2274bf0597f67ba6d4b68790104ec59571a3c207bc9e7a519af"},
      {"accept", "application/json"},
      {"x-acs-content-sha256", kEmptyHash},
      {"Authorization",
       "ACS3-HMAC-SHA256 Credential=LTAI5tTestAccessKeyId0001,"
       "SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-"
       "acs-version,"
       "Signature=74c1166e9f3e9f103564b08e628f955112d9e3a0744939d5ed43ed0afb32319e"}};
  return request;
}

inline TestRequest acs3_with_body(std::string content_type, std::string body) {
  TestRequest request = acs3_request();
  request.query = "";
  request.body = std::move(body);
  request.with("content-type", std::move(content_type));
  request.with("Authorization",
               "ACS3-HMAC-SHA256 "
               "Credential=K,SignedHeaders=content-type;host;x-acs-action;x-acs-content-sha256;"
               "x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=00");
  return request;
}

/// A GetSecretValue in signature version 1.0, all in the query.
inline TestRequest rpc_request() {
  TestRequest request;
  request.method = "GET";
  request.query =
      "AccessKeyId=testid&Action=GetSecretValue&Format=JSON&SecretName=db%2Fpass&SignatureMethod="
      "HMAC-SHA1&"
      "SignatureNonce=n1&SignatureVersion=1.0&Timestamp=2026-11-21T22%3A34%3A21Z&Version=2016-01-"
      "20&Signature=c2ln";
  request.headers = {{"Host", "kms.cn-hangzhou.aliyuncs.com"}};
  return request;
}

/// `text` without the parameter `name`.
inline std::string without_parameter(std::string text, std::string_view name) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('&');
    const std::string piece = text.substr(0, end);
    text.erase(0, end == std::string::npos ? text.size() : end + 1);
    if (piece.substr(0, piece.find('=')) == name) continue;
    if (!out.empty()) out += '&';
    out += piece;
  }
  return out;
}

/// Keeps what a Call points to alive.
class Decoded {
 public:
  explicit Decoded(TestRequest request) : request_(std::move(request)) {
    for (const auto& [name, value] : request_.headers) headers_.push_back({name, value});
    result_ = decode({request_.method, request_.path, request_.query, headers_, request_.body},
                     arena_, call_);
  }
  Decoded(const Decoded&) = delete;

  bool ok() const { return result_.has_value(); }
  std::string code() const { return ok() ? "" : result_.error().code(); }
  std::string message() const { return ok() ? "" : result_.error().message(); }
  const Call& call() const { return call_; }

 private:
  TestRequest request_;
  std::vector<NameValue> headers_;
  Arena arena_;
  Call call_;
  Result<void> result_;
};

}  // namespace strongroom::wire_openapi
