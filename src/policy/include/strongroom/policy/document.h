#pragma once
// A policy document, parsed and checked (gateway.md §6.1, §6.2, §6.6). Pure, thread-safe.
//
// What the parser does not understand it refuses: a statement that is half understood could grant
// more than its author meant. Members, operators, values and names outside the grammar are errors.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"

namespace strongroom::policy {

/// What a document is attached to, which decides the elements it may have and the codes of its
/// errors.
enum class DocumentKind : std::uint8_t {
  kIdentity,  // RAM: of users, groups, roles. No Principal.
  kTrust,     // RAM: who may assume a role. Principal, no Resource.
  kResource,  // of a secret or key: Principal.RAM, Action kms:…, Resource "*" (openapi.md §10)
  kSession,   // STS: narrows one session. No Principal.
};

enum class Effect : std::uint8_t { kAllow, kDeny };

/// Every operator that exists: no …IfExists, Null or ForAllValues (gateway.md §6.2).
enum class Operator : std::uint8_t {
  kStringEquals,
  kStringNotEquals,
  kStringEqualsIgnoreCase,
  kStringNotEqualsIgnoreCase,
  kStringLike,
  kStringNotLike,
  kNumericEquals,
  kNumericNotEquals,
  kNumericLessThan,
  kNumericLessThanEquals,
  kNumericGreaterThan,
  kNumericGreaterThanEquals,
  kDateEquals,
  kDateNotEquals,
  kDateLessThan,
  kDateLessThanEquals,
  kDateGreaterThan,
  kDateGreaterThanEquals,
  kBool,
  kIpAddress,
  kNotIpAddress,
};
/// "StringEquals".
std::string_view operator_name(Operator op);

/// One key of one operator. Values are alternatives; all tests of a statement must hold. A key that
/// the request does not have fails a positive operator and satisfies a negative one.
struct ConditionTest {
  Operator op = Operator::kStringEquals;
  std::string key;  // as written; compared without case
  std::vector<std::string> values;
};

enum class PrincipalType : std::uint8_t {
  kRam,        // acs:ram::<account>:root | :user/<name> | :role/<name> | :*
  kService,    // ecs.aliyuncs.com
  kFederated,  // acs:ram::<account>:oidc-provider/<name> | :saml-provider/<name>
};
/// "RAM", "Service", "Federated".
std::string_view principal_type_name(PrincipalType type);

struct PrincipalElement {
  PrincipalType type = PrincipalType::kRam;
  std::string id;
};

/// One statement: any action pattern and any resource pattern must match (none of them, if the
/// element is its Not form), a principal if there are any, and all conditions. Actions compare
/// without case, resources with.
struct Statement {
  Effect effect = Effect::kAllow;
  std::vector<std::string> actions = {};
  std::vector<std::string> resources = {};
  bool not_actions = false;    // NotAction
  bool not_resources = false;  // NotResource
  std::vector<PrincipalElement> principals = {};
  std::vector<ConditionTest> conditions = {};
  std::string sid = {};
};

struct Document {
  std::vector<Statement> statements = {};
  DocumentKind kind = DocumentKind::kIdentity;
};

/// The document in `json`. Too long: InvalidParameter.PolicyDocument.Length (identity),
/// InvalidParameter.AssumeRolePolicyDocument.Length (trust), InvalidParameter.PolicySize (session),
/// InvalidParameter (resource). Anything else wrong: MalformedPolicyDocument (identity, trust),
/// InvalidParameter.PolicyGrammar (session), InvalidParameter (resource), with a message that names
/// the place and what to write there.
Result<Document> parse_document(std::string_view json, DocumentKind kind);

/// The same for a document that parse_document took once, perhaps of an earlier version: networks
/// may have prefixes with zeros before them ("/08").
Result<Document> parse_stored_document(std::string_view json, DocumentKind kind);

/// The document as JSON that a person would write, one statement a line; parse_document of it gives
/// the same document.
std::string to_json(const Document& document);

}  // namespace strongroom::policy
