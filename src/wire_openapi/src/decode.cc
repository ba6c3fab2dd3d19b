#include <algorithm>
#include <cstring>
#include <optional>
#include <string>

#include "acs3.h"
#include "client_bearer.h"
#include "fields.h"
#include "headers.h"
#include "json_body.h"
#include "strongroom/base/limits.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {
namespace {

constexpr std::string_view kKmsVersion = "2016-01-20";
constexpr std::string_view kRamVersion = "2015-05-01";
constexpr std::string_view kStsVersion = "2015-04-01";
// Their own token or assertion is the proof.
bool is_unsigned_action(std::string_view action) {
  return action == "AssumeRoleWithOIDC" || action == "AssumeRoleWithSAML";
}

/// What the Authorization field says (gateway.md §1.1).
enum class Family { kNone, kAcs3, kForeign };

Family family_of(std::string_view authorization) {
  if (authorization.empty()) return Family::kNone;
  return authorization.starts_with("ACS3-") ? Family::kAcs3 : Family::kForeign;
}

/// The common parameters of RPC v1 (gateway.md §1.2).
struct Common {
  std::string_view action, version, format, access_key_id, signature, signature_method,
      signature_type, signature_version, nonce, timestamp, security_token;
  bool has_signature = false;
};

Common collect_common(std::span<const NameValue> parameters) {
  Common common;
  for (const auto& [name, value] : parameters) {
    switch (name.size()) {
      case 6:
        if (name == "Action") common.action = value;
        if (name == "Format") common.format = value;
        break;
      case 7:
        if (name == "Version") common.version = value;
        break;
      case 9:
        if (name == "Timestamp") common.timestamp = value;
        if (name == "Signature") {
          common.signature = value;
          common.has_signature = true;
        }
        break;
      case 11:
        if (name == "AccessKeyId") common.access_key_id = value;
        break;
      case 13:
        if (name == "SignatureType") common.signature_type = value;
        if (name == "SecurityToken") common.security_token = value;
        break;
      case 14:
        if (name == "SignatureNonce") common.nonce = value;
        break;
      case 15:
        if (name == "SignatureMethod") common.signature_method = value;
        break;
      case 16:
        if (name == "SignatureVersion") common.signature_version = value;
        break;
      default:
        break;
    }
  }
  return common;
}

std::unexpected<Error> refuse_signature(std::string_view code, std::string message) {
  return fail(ErrorKind::kUnauthenticated, std::string(code), std::move(message));
}

std::unexpected<Error> missing(std::string_view name) {
  return refuse_signature(std::string("Missing").append(name),
                          std::string(name).append(" is mandatory for this action."));
}

std::unexpected<Error> invalid_method() {
  return refuse_signature(
      "InvalidSignatureMethod",
      "Specified signature method is not valid. Sign with ACS3-HMAC-SHA256, or with HMAC-SHA1 in "
      "signature version 1.0; bearer tokens other than a client key's, ACS4 and log-service "
      "signatures are not accepted here.");
}

/// How the request is read, in one place while it is decoded.
struct Decoding {
  const RequestParts& request;
  Arena& arena;
  Call& call;
  HeaderFacts headers;
  Family family;
  std::span<NameValue> fields;  // query first, then body
  std::size_t query_count = 0;
};

// Format, action and version as far as they are known: an error must be answered in the form that
// was asked for.
void note_common(Decoding& d, const Common& common) {
  const bool rpc = d.family != Family::kAcs3;
  d.call.action = rpc ? common.action : d.headers.value(Slot::kAction);
  d.call.version = rpc ? common.version : d.headers.value(Slot::kVersion);
  // Anonymous calls of modern clients have the headers only. Never beside a signature of
  // version 1.0: it covers parameters alone, and a header could turn a captured call into another
  // action.
  const bool anonymous = rpc && !common.has_signature;
  if (anonymous && d.call.action.empty()) d.call.action = d.headers.value(Slot::kAction);
  if (anonymous && d.call.version.empty()) d.call.version = d.headers.value(Slot::kVersion);
  const bool xml_by_default =
      rpc && (d.call.version == kRamVersion || d.call.version == kStsVersion);
  const bool xml = equals_lower(common.format, "xml") || (common.format.empty() && xml_by_default);
  d.call.format = xml ? Format::kXml : Format::kJson;
}

enum class BodyForm { kNone, kForm, kJson, kOther };

bool is_media_type(std::string_view content_type, std::string_view lower) {
  return equals_lower(trimmed(content_type.substr(0, content_type.find(';'))), lower);
}

// A content type outside the signature cannot decide how signed bytes read: then the first byte of
// the body does.
BodyForm body_form(const Decoding& d, std::string_view signed_headers) {
  const std::string_view body = d.request.body;
  if (body.empty()) return BodyForm::kNone;
  if (d.family == Family::kAcs3 && !lists_header(signed_headers, "content-type")) {
    const std::size_t first = body.find_first_not_of(" \t\r\n");
    return first != std::string_view::npos && body[first] == '{' ? BodyForm::kJson
                                                                 : BodyForm::kForm;
  }
  const std::string_view content_type = d.headers.value(Slot::kContentType);
  if (is_media_type(content_type, "application/x-www-form-urlencoded")) return BodyForm::kForm;
  if (is_media_type(content_type, "application/json")) return BodyForm::kJson;
  return BodyForm::kOther;
}

Result<void> read_query(Decoding& d) {
  const bool form =
      d.request.body.empty() || d.family == Family::kAcs3 ||
      is_media_type(d.headers.value(Slot::kContentType), "application/x-www-form-urlencoded");
  const std::size_t in_query = count_fields(d.request.query);
  const std::size_t in_body = form ? count_fields(d.request.body) : 0;
  // JSON bodies bring their own room (read_body).
  const std::size_t room = std::min(in_query + in_body, in_query + limits::kParametersMax);
  if (in_query > limits::kParametersMax) return invalid_field("", "There are too many parameters.");
  d.fields = d.arena.allocate_array<NameValue>(room);
  SR_TRY(const std::size_t count, split_fields(d.request.query, d.arena, d.fields.first(in_query)));
  SR_TRY(d.query_count, sort_unique(d.fields.first(count)));
  return {};
}

Result<void> read_body(Decoding& d, std::string_view signed_headers) {
  std::span<NameValue> from_body;
  switch (body_form(d, signed_headers)) {
    case BodyForm::kNone:
      break;
    case BodyForm::kForm: {
      const std::size_t room = count_fields(d.request.body);
      if (d.query_count + room > limits::kParametersMax)
        return invalid_field("", "There are too many parameters.");
      from_body = d.fields.subspan(d.query_count, room);
      SR_TRY(const std::size_t count, split_fields(d.request.body, d.arena, from_body));
      from_body = from_body.first(count);
      break;
    }
    case BodyForm::kJson: {
      if (d.family != Family::kAcs3) {
        return invalid_field(
            "",
            "Signature version 1.0 does not cover a JSON body; send a form, or sign with ACS3.");
      }
      SR_TRY(from_body,
             json_fields(d.request.body, d.arena, limits::kParametersMax - d.query_count));
      const std::span<NameValue> all =
          d.arena.allocate_array<NameValue>(d.query_count + from_body.size());
      std::copy_n(d.fields.begin(), d.query_count, all.begin());
      std::copy(from_body.begin(), from_body.end(),
                all.begin() + static_cast<std::ptrdiff_t>(d.query_count));
      d.fields = all;
      break;
    }
    case BodyForm::kOther:
      return invalid_field("",
                           "The Content-Type of a body must be application/x-www-form-urlencoded "
                           "or application/json.");
  }
  std::size_t count = d.query_count + from_body.size();
  if (!from_body.empty()) {
    SR_TRY(count, sort_unique(d.fields.first(count)));
  }
  d.call.parameters = d.fields.first(count);
  return {};
}

void build_rpc_canonical(Decoding& d) {
  std::size_t bound = d.request.method.size() + 8;
  for (const NameValue& field : d.call.parameters)
    bound += 5 * (field.name.size() + field.value.size()) + 6;
  char* const begin = d.arena.allocate(bound);
  std::memcpy(begin, d.request.method.data(), d.request.method.size());
  char* out = begin + d.request.method.size();
  std::memcpy(out, "&%2F&", 5);
  out += 5;
  bool first = true;
  for (const NameValue& field : d.call.parameters) {
    if (field.name == "Signature") continue;
    if (!first) {
      std::memcpy(out, "%26", 3);
      out += 3;
    }
    first = false;
    out = encode_twice_to(out, field.name);
    std::memcpy(out, "%3D", 3);
    out = encode_twice_to(out + 3, field.value);
  }
  const auto size = static_cast<std::size_t>(out - begin);
  d.arena.shrink_last(begin, size);
  d.call.canonical = std::string_view(begin, size);
}

Result<void> check_nonce(const Call& call) {
  if (call.nonce.size() > limits::kNonceBytesMax)
    return invalid_field("SignatureNonce", "It is too long.");
  return {};
}

std::optional<Scheme> rpc_scheme(const Common& common) {
  const bool hmac = common.signature_type.empty();
  if (hmac && common.signature_method == "HMAC-SHA1") return Scheme::kRpcHmacSha1;
  if (hmac && common.signature_method == "HMAC-SHA256") return Scheme::kRpcHmacSha256;
  if (common.signature_type == "PRIVATEKEY" && common.signature_method == "SHA256withRSA")
    return Scheme::kRpcRsaSha256;
  return std::nullopt;
}

Result<void> decode_rpc(Decoding& d, const Common& common) {
  Call& call = d.call;
  call.access_key_id = common.access_key_id;
  call.timestamp = common.timestamp;
  call.nonce = common.nonce;
  call.security_token = common.security_token;
  call.signature = common.signature;
  const bool unsigned_call = common.signature.empty();
  if (unsigned_call && !common.has_signature && is_unsigned_action(call.action)) return {};

  if (call.access_key_id.empty()) return missing("AccessKeyId");
  if (call.timestamp.empty()) return missing("Timestamp");
  if (unsigned_call) return missing("Signature");
  if (common.signature_method.empty()) return missing("SignatureMethod");
  const auto scheme = rpc_scheme(common);
  if (!scheme) return invalid_method();
  call.scheme = *scheme;
  SR_CHECK_OK(check_nonce(call));
  if (!common.signature_version.empty() && common.signature_version != "1.0") {
    return refuse_signature(
        "IncompleteSignature",
        "The request signature does not conform to standards. SignatureVersion must be 1.0.");
  }
  build_rpc_canonical(d);
  return {};
}

Result<void> check_action(const Call& call) {
  const auto in_action = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  };
  const auto in_version = [](char c) { return (c >= '0' && c <= '9') || c == '-'; };
  if (call.action.size() > 64 || !std::all_of(call.action.begin(), call.action.end(), in_action) ||
      call.version.size() > 16 ||
      !std::all_of(call.version.begin(), call.version.end(), in_version)) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter",
                "The specified parameter \"Action or Version\" is not valid.");
  }
  return {};
}

// aliyun-python-sdk-core sends its own "no format" as it stands, RAW or None, and reads JSON.
bool is_known_format(std::string_view format) {
  return format.empty() || equals_lower(format, "json") || equals_lower(format, "xml") ||
         equals_lower(format, "raw") || equals_lower(format, "none");
}

Result<void> check_form(const Decoding& d, const Common& common) {
  if (!is_known_format(common.format)) {
    return fail(ErrorKind::kInvalidInput, "InvalidParameter.Format",
                "The specified parameter \"Format\" is not valid. Use JSON or XML.");
  }
  if (d.request.method != "GET" && d.request.method != "POST") {
    // 403 in KMS's own table, 400 elsewhere: the kind tells http_status_of which.
    return fail(d.call.version == kKmsVersion ? ErrorKind::kDenied : ErrorKind::kInvalidInput,
                "UnsupportedHTTPMethod", "This http method is not supported. Use GET or POST.");
  }
  if (d.request.path != "/") {
    return fail(ErrorKind::kNotFound, "InvalidAction.NotFound",
                "Specified api is not found, please check your url and method.");
  }
  return check_action(d.call);
}

// The order of gateway.md §1.1. Nothing if the request is RPC v1 or carries no signature.
Result<void> check_family(const Decoding& d, const Common& common) {
  if (d.family != Family::kNone && common.has_signature) {
    return refuse_signature("IncompleteSignature",
                            "The request signature does not conform to standards. It carries both "
                            "an Authorization header "
                            "and a Signature parameter; send one.");
  }
  if ((d.headers.repeated & slot_bit(Slot::kAuthorization)) != 0) {
    return refuse_signature(
        "IncompleteSignature",
        "The request signature does not conform to standards. Authorization is given twice.");
  }
  if (d.family == Family::kForeign) return invalid_method();
  if (d.family == Family::kNone &&
      (d.headers.has(Slot::kBearerToken) || common.signature_type == "BEARERTOKEN")) {
    return invalid_method();
  }
  return {};
}

Result<void> check_names(const Decoding& d) {
  if (d.call.action.empty()) return missing("Action");
  if (d.call.version.empty()) return missing("Version");
  return {};
}

// What a client key signs besides the forms above. The version is not signed, so it can only be
// the one that client keys know.
Result<void> decode_bearer(Decoding& d, const ClientBearer& bearer) {
  SR_CHECK_OK(read_body(d, ""));
  const Common common = collect_common(d.call.parameters);
  note_common(d, common);
  if (common.has_signature || d.headers.acs_repeated || d.headers.repeated != 0) {
    return refuse_signature("IncompleteSignature",
                            "The request signature does not conform to standards. A bearer token "
                            "stands alone, and each header field is given once.");
  }
  SR_CHECK_OK(check_form(d, common));
  SR_CHECK_OK(check_names(d));
  if (d.call.version != kKmsVersion) return invalid_method();
  return decode_client_bearer(bearer, d.headers.value(Slot::kBearerToken), d.arena, d.call);
}

Result<void> decode_acs3(Decoding& d) {
  const std::span<const NameValue> from_query = d.fields.first(d.query_count);
  note_common(d, collect_common(from_query));
  SR_TRY(const Acs3Authorization authorization, read_acs3(d.headers, d.call));
  // The canonical request covers the query alone, so it is built before the body's parameters are
  // merged in.
  SR_CHECK_OK(
      build_acs3_canonical(d.request, d.headers, authorization, from_query, d.arena, d.call));
  SR_CHECK_OK(read_body(d, authorization.signed_headers));
  const Common common = collect_common(d.call.parameters);
  note_common(d, common);
  SR_CHECK_OK(check_family(d, common));
  SR_CHECK_OK(check_form(d, common));
  SR_CHECK_OK(check_names(d));
  return check_nonce(d.call);
}

}  // namespace

Result<void> decode(const RequestParts& request, Arena& arena, Call& call) {
  call = Call();
  call.body = request.body;
  if (request.headers.size() > limits::kHeaderFieldsMax)
    return invalid_field("", "There are too many header fields.");
  Decoding d{request, arena, call, scan_headers(request.headers), Family::kNone, {}, 0};
  const HeaderFacts& headers = d.headers;
  d.family = family_of(headers.value(Slot::kAuthorization));
  note_common(d, Common());
  if ((headers.repeated & slot_bit(Slot::kContentType)) != 0)
    return invalid_field("", "Content-Type is given twice.");
  SR_CHECK_OK(read_query(d));
  if (d.family == Family::kAcs3) return decode_acs3(d);
  if (d.family == Family::kNone && headers.has(Slot::kBearerToken)) {
    const ClientBearer bearer = find_client_bearer(request.headers);
    if (bearer.is_there()) return decode_bearer(d, bearer);
  }

  note_common(d, collect_common(d.fields.first(d.query_count)));
  SR_CHECK_OK(check_family(d, collect_common(d.fields.first(d.query_count))));
  SR_CHECK_OK(read_body(d, ""));
  const Common common = collect_common(call.parameters);
  note_common(d, common);
  SR_CHECK_OK(check_family(d, common));
  SR_CHECK_OK(check_form(d, common));
  SR_CHECK_OK(check_names(d));
  return decode_rpc(d, common);
}

}  // namespace strongroom::wire_openapi
