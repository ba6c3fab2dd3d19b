#pragma once
// One OpenAPI request decoded once: which scheme signed it, the action, the parameters, and the canonical text that the
// signature covers. Pure: no hashing, no keys, no clock. Everything is a view into the request or the arena; nothing is
// copied that was not percent-encoded. References: gateway.md §1 (RPC v1), §2 (ACS3). One thread per arena.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::wire_openapi {

/// The request as HTTP delivered it.
struct RequestParts {
  std::string_view method;
  std::string_view path;
  std::string_view query;
  std::span<const NameValue> headers;
  std::string_view body;
};

/// Bump allocator for one request at a time; reset() wipes what was used (decoded parameters may be secret values).
class Arena {
 public:
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  char* allocate(std::size_t size);
  void reset();

 private:
  struct Block;
  std::unique_ptr<Block> first_;
  std::size_t used_ = 0;
  std::vector<std::unique_ptr<Block>> overflow_;
};

enum class Scheme : unsigned char {
  kRpcHmacSha1, kRpcHmacSha256, kRpcRsaSha256,            // signature version 1.0
  kAcs3HmacSha256, kAcs3HmacSm3, kAcs3RsaSha256,
  kUnsigned,                                              // legal for AssumeRoleWithOIDC alone
};

enum class Format : unsigned char { kJson, kXml };

struct Call {
  Scheme scheme = Scheme::kUnsigned;
  Format format = Format::kJson;
  std::string_view action;
  std::string_view version;           // "2016-01-20"
  std::string_view access_key_id;     // empty if missing
  std::string_view timestamp;         // as sent; empty if missing
  std::string_view nonce;             // empty if missing
  std::string_view security_token;    // empty if none
  std::string_view signature;         // as sent: Base64 (RPC) or hex (ACS3); empty if missing
  std::string_view content_hash;      // ACS3: the x-acs-content-* header's value
  /// RPC: the string-to-sign. ACS3: the canonical request without its last line (the payload hash), which identity
  /// appends after hashing `body`.
  std::string_view canonical;
  std::string_view body;
  /// All parameters of query and body, sorted by name (bytes), decoded, each name once.
  std::span<const NameValue> parameters;

  /// The value, or nothing. Binary search.
  std::optional<std::string_view> find(std::string_view name) const;
};

/// Decodes `request`. Errors carry the gateway's own codes (gateway.md §1.7): InvalidParameter, IncompleteSignature,
/// InvalidSignatureMethod, MissingSignature …; map them with http_status_of.
/// On failure `partial` still holds what was understood (format, action), so that the error answers in the right form.
Result<void> decode(const RequestParts& request, Arena& arena, Call& partial);

/// The string-to-sign with the values of SecretData, Plaintext, ExtendedConfig and Password replaced by "***", for the
/// message of SignatureDoesNotMatch (gateway.md §1.7). For ACS3: `string_to_sign` is passed through.
std::string redacted_string_to_sign(const Call& call, std::string_view string_to_sign);

}  // namespace strongroom::wire_openapi
