#include "strongroom/wire_openapi/errors.h"

#include <simdjson.h>

#include "strongroom/base/bytes.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/wire_openapi/xml_writer.h"

namespace strongroom::wire_openapi {
namespace {

struct CodeStatus {
  std::string_view code;
  int status;
};

// gateway.md §1.7 and §5, openapi.md §2.2 and §2.3. Codes whose family has one status stand in
// kFamilies.
constexpr CodeStatus kCodes[] = {
    {"AliasAlreadyExists", 400},
    {"CreateLXOrderFailed", 400},
    {"DryRunOperationError", 400},
    {"ValidationError", 400},
    {"AccessDeniedError", 400},
    {"ExpiredImportToken", 400},
    {"IllegalTimestamp", 400},
    {"IncompleteSignature", 400},
    {"InvalidKeyMaterial", 400},
    {"InvalidImportToken", 400},
    {"InvalidSignatureMethod", 400},
    {"MalformedPolicyDocument", 400},
    {"ParseRequestParameterException", 400},
    {"SignatureDoesNotMatch", 400},
    {"SignatureNonceUsed", 400},
    {"UnsupportedOperation", 400},
    {"Rejected.LimitExceeded", 400},
    {"Rejected.ShareQuotaExceedLimit", 400},
    {"Rejected.UnsupportedOperation", 400},
    {"Rejected.InvalidRequest", 400},
    {"Forbidden.KeyPolicyUnSupported", 400},
    {"Forbidden.NoRealNameAuthentication", 400},
    {"Forbidden.Opened", 400},
    {"Inactive", 403},
    {"NoPermission", 403},
    {"InvalidProtocol.NeedSsl", 400},
    {"InvalidProduct.NotFound", 404},
    {"InvalidAction.NotFound", 404},
    {"InvalidApi.NotFound", 404},
    {"InvalidAccessKeyId.NotFound", 404},
    {"InvalidAccessKeyId.Inactive", 400},
    {"InvalidResourceId.NotFound", 404},
    {"Forbidden.KeyNotFound", 404},
    {"Forbidden.KeyVersionNotFound", 404},
    {"Forbidden.AliasNotFound", 404},
    {"Forbidden.ResourceNotFound", 404},
    {"Rejected.Throttling", 429},
    {"InternalFailure", 500},
    {"InternalError", 500},
    {"ServiceUnavailable", 503},
    {"ServiceUnavailableTemporary", 503},
};

// Prefixes, tried after the whole codes.
constexpr CodeStatus kFamilies[] = {
    {"InvalidParameter", 400},     {"Missing", 400},
    {"InvalidTimeStamp.", 400},    {"InvalidSecurityToken.", 400},
    {"Throttling", 400},           {"Duplicate.", 400},
    {"Unsupported.", 400},         {"AuthenticationFail.", 401},
    {"Forbidden.", 403},           {"EntityNotExist", 404},
    {"EntityAlreadyExists.", 409}, {"DeleteConflict.", 409},
    {"LimitExceeded.", 409},       {"Rejected.", 409},
};

int status_of_kind(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput:
      return 400;
    case ErrorKind::kUnauthenticated:
      return 400;
    case ErrorKind::kDenied:
      return 403;
    case ErrorKind::kNotFound:
      return 404;
    case ErrorKind::kConflict:
      return 409;
    case ErrorKind::kExhausted:
      return 429;
    case ErrorKind::kUnavailable:
      return 503;
    case ErrorKind::kNotCached:
      return 503;
    case ErrorKind::kOutcomeUnknown:
      return 503;
    case ErrorKind::kCorrupt:
      return 500;
    case ErrorKind::kInternal:
      return 500;
  }
  return 500;
}

std::string recommend_url(const ErrorAnswer& error, std::string_view code) {
  std::string url = "https://api.aliyun.com/troubleshoot?q=";
  percent_encode_to(url, code);
  url += "&product=";
  percent_encode_to(url, error.product);
  url += "&requestId=";
  percent_encode_to(url, error.request_id);
  return url;
}

void append_error_json(std::string& out, const ErrorAnswer& error, std::string_view code) {
  JsonWriter json(out);
  json.begin_object();
  json.member("HttpStatus", static_cast<std::int64_t>(error.status));
  json.member("RequestId", error.request_id);
  json.member("HostId", error.host_id);
  json.member("Code", code);
  json.member("Message", error.message);
  json.member("Recommend", recommend_url(error, code));
  if (!error.access_denied_detail_json.empty())
    json.member_raw("AccessDeniedDetail", error.access_denied_detail_json);
  json.end_object();
}

// The detail is a flat object of ours; a field that is not text goes out as its JSON spelling.
void append_detail_xml(XmlWriter& xml, std::string_view detail_json) {
  simdjson::dom::parser parser;
  simdjson::dom::object detail;
  if (parser.parse(detail_json.data(), detail_json.size()).get(detail) != simdjson::SUCCESS) return;
  xml.begin("AccessDeniedDetail");
  for (const auto& [name, value] : detail) {
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) {
      xml.element(name, text);
    } else {
      xml.element(name, simdjson::minify(value));
    }
  }
  xml.end();
}

void append_error_xml(std::string& out, const ErrorAnswer& error, std::string_view code) {
  out += kXmlDeclaration;
  XmlWriter xml(out);
  xml.begin("Error");
  xml.element("HttpStatus", static_cast<std::int64_t>(error.status));
  xml.element("RequestId", error.request_id);
  xml.element("HostId", error.host_id);
  xml.element("Code", code);
  xml.element("Message", error.message);
  // Percent-encoded, so that it cannot hold "]]>".
  out.append("<Recommend><![CDATA[").append(recommend_url(error, code)).append("]]></Recommend>");
  if (!error.access_denied_detail_json.empty())
    append_detail_xml(xml, error.access_denied_detail_json);
  xml.end();
}

}  // namespace

int http_status_of(std::string_view code, ErrorKind kind) {
  for (const auto& entry : kCodes) {
    if (entry.code == code) return entry.status;
  }
  for (const auto& family : kFamilies) {
    if (code.starts_with(family.code)) return family.status;
  }
  return status_of_kind(kind);
}

void append_error(std::string& out, Format format, const ErrorAnswer& error) {
  // A client takes an error without a code for success (gateway.md §1.6).
  const std::string_view code = error.code.empty() ? "InternalFailure" : error.code;
  if (format == Format::kXml) {
    append_error_xml(out, error, code);
  } else {
    append_error_json(out, error, code);
  }
}

}  // namespace strongroom::wire_openapi
