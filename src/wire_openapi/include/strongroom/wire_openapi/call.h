#pragma once
// One OpenAPI request decoded once: which scheme signed it, the action, the parameters, and the
// canonical text that the signature covers. Pure: no hashing, no keys, no clock. Everything is a
// view into the request or the arena; nothing is copied that was not encoded. References:
// gateway.md §1 (RPC v1), §2 (ACS3). One thread per arena.

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::wire_openapi {

/// The request as HTTP delivered it: framing checked, header values free of CR, LF and NUL.
struct RequestParts {
  std::string_view method;
  std::string_view path;   // raw, before '?'
  std::string_view query;  // raw, after '?'
  std::span<const NameValue> headers;
  std::string_view body;
};

/// Bump allocator for one request at a time; reset() wipes what was used (decoded parameters may be
/// secret values).
class Arena {
 public:
  Arena();
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// `size` bytes, not initialised, valid until reset(). `alignment`: a power of two, at most 16.
  char* allocate(std::size_t size, std::size_t alignment = 1);
  /// Gives back all but the first `used` bytes of the newest allocation; nothing past `used` may
  /// have been written.
  void shrink_last(const char* allocation, std::size_t used);
  /// `count` value-initialised elements.
  template <class T>
  std::span<T> allocate_array(std::size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* first = reinterpret_cast<T*>(allocate(count * sizeof(T), alignof(T)));
    std::uninitialized_value_construct_n(first, count);
    return {first, count};
  }
  /// Wipes and forgets everything handed out; keeps the first block.
  void reset();

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    std::size_t size = 0;
    std::size_t used = 0;
  };
  Block first_;
  std::vector<Block> overflow_;
  Block* current_;
};

enum class Scheme : unsigned char {
  kRpcHmacSha1,
  kRpcHmacSha256,
  kRpcRsaSha256,  // signature version 1.0
  kAcs3HmacSha256,
  kAcs3HmacSm3,
  kAcs3RsaSha256,
  kBearerRsaSha256,  // client keys: x-acs-bearer-token beside the x-kms-… fields
  kUnsigned,         // legal for AssumeRoleWithOIDC and AssumeRoleWithSAML alone
};

enum class Format : unsigned char { kJson, kXml };

struct Call {
  Scheme scheme = Scheme::kUnsigned;
  Format format = Format::kJson;
  std::string_view action;          // [A-Za-z0-9_]{1,64}
  std::string_view version;         // "2016-01-20": digits and '-', at most 16
  std::string_view access_key_id;   // never empty, unless unsigned
  std::string_view timestamp;       // as sent; never empty, unless unsigned
  std::string_view nonce;           // empty if missing (RPC only); at most limits::kNonceBytesMax
  std::string_view security_token;  // empty if none
  std::string_view
      signature;  // as sent: Base64 (RPC, bearer) or hex (ACS3); never empty, unless unsigned
  std::string_view
      content_hash;  // ACS3: the x-acs-content-* header's value, which must equal hex(HASH(body))
  /// RPC and bearer tokens: the string-to-sign. ACS3: the canonical request up to and with the line
  /// feed after the signed headers' names; the hex payload hash, which identity appends after
  /// hashing `body`, completes it.
  std::string_view canonical;
  std::string_view body;
  /// All parameters of query and body, sorted by name (bytes), decoded, well-formed UTF-8, each
  /// name once.
  std::span<const NameValue> parameters;

  /// The value, or nothing. Binary search.
  std::optional<std::string_view> find(std::string_view name) const;
};

/// Decodes `request`. Errors carry the gateway's own codes (gateway.md §1.7): InvalidParameter,
/// IncompleteSignature, InvalidSignatureMethod, MissingSignature …; map them with http_status_of. A
/// request without signature is refused with the Missing… code of the first thing it lacks, unless
/// it asks for AssumeRoleWithOIDC or AssumeRoleWithSAML.
///
/// On failure `call` still holds what was understood (format, action, version), so that the error
/// answers in the right form, and so that an unknown action can be named before a missing signature
/// (the order of §1.7): a gateway asks its table first when the error's kind is kUnauthenticated.
Result<void> decode(const RequestParts& request, Arena& arena, Call& call);

/// The string-to-sign with the values of SecretData, Plaintext, ExtendedConfig and Password
/// replaced by "***", for the message of SignatureDoesNotMatch (gateway.md §1.7). For ACS3, whose
/// string holds hashes only, `string_to_sign` itself.
std::string redacted_string_to_sign(const Call& call, std::string_view string_to_sign);

}  // namespace strongroom::wire_openapi
