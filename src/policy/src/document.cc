// Parsing of policy documents. The only place that sees their JSON.

#include "strongroom/policy/document.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <utility>

#include "condition.h"
#include "principal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"

namespace strongroom::policy {
namespace {

using simdjson::dom::element;

constexpr std::size_t kSidCharsMax = 128;
constexpr std::size_t kConditionKeyCharsMax = 256;
constexpr std::size_t kBytesPerCharacterMax = 4;

struct KindTraits {
  std::size_t characters_max;
  std::string_view parameter;  // as the person sent it
  std::string_view length_code;
  std::string_view grammar_code;
};

const KindTraits& traits(DocumentKind kind) {
  static constexpr std::array<KindTraits, 4> kAll{{
      {limits::kPolicyDocumentCharsMax, "PolicyDocument", "InvalidParameter.PolicyDocument.Length",
       "MalformedPolicyDocument"},
      {limits::kPolicyDocumentCharsMax, "AssumeRolePolicyDocument",
       "InvalidParameter.AssumeRolePolicyDocument.Length", "MalformedPolicyDocument"},
      {limits::kResourcePolicyBytesMax, "Policy", "InvalidParameter", "InvalidParameter"},
      {limits::kSessionPolicyCharsMax, "Policy", "InvalidParameter.PolicySize",
       "InvalidParameter.PolicyGrammar"},
  }};
  return kAll[static_cast<std::size_t>(kind)];
}

bool is_name_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '*' || c == '?';
}

// "*" or "<product>:<name>", both with wildcards.
bool is_action(std::string_view text) {
  if (text == "*") return true;
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon == 0 || colon + 1 == text.size()) return false;
  const auto named = [](std::string_view part) { return std::ranges::all_of(part, is_name_char); };
  std::string_view name = text.substr(colon + 1);
  for (std::size_t slash; (slash = name.find('/')) != std::string_view::npos;) {
    if (!named(name.substr(0, slash))) return false;
    name.remove_prefix(slash + 1);
  }
  return named(text.substr(0, colon)) && named(name);
}

bool is_sid(std::string_view text) {
  constexpr std::string_view kMarks = "-_/+=.@ ";  // the default documents' Sid has blanks
  return text.size() <= kSidCharsMax && std::ranges::all_of(text, [&](char c) {
           return kMarks.contains(c) || (is_name_char(c) && c != '*' && c != '?');
         });
}

// One pass over a parsed document. Each reader returns false after it has said in `wrong` what to
// write instead.
class Reader {
 public:
  Reader(DocumentKind kind, DocumentSource source) : kind_(kind), source_(source) {}

  bool read(element root, Document& out);
  const std::string& wrong() const { return wrong_; }

 private:
  bool fail_at(std::string_view what) {
    wrong_ = place_ + std::string(what);
    return false;
  }
  bool once(bool& seen, std::string_view name) {
    if (seen) return fail_at(std::string(name) + " must be given once.");
    return seen = true;
  }
  bool read_statements(element value, Document& out);
  bool read_statement(element value, Statement& out);
  bool read_member(std::string_view name, element value, Statement& out);
  bool check_whole(const Statement& statement);
  bool read_effect(element value, Statement& out);
  bool read_actions(std::string_view name, element value, Statement& out);
  bool read_resources(std::string_view name, element value, Statement& out);
  bool read_principals(element value, Statement& out);
  bool read_conditions(element value, Statement& out);
  bool read_tests(Operator op, element value, Statement& out);
  bool read_sid(element value, Statement& out);
  bool texts(std::string_view what, element value, std::vector<std::string>& out);
  bool text(std::string_view what, element value, std::string& out);

  struct Seen {
    bool effect = false, action = false, resource = false, principal = false, condition = false,
         sid = false;
  };

  DocumentKind kind_;
  DocumentSource source_;
  Seen seen_;
  std::string place_;
  std::string wrong_;
};

// A scalar of a condition may also be a JSON boolean or whole number: it means its text.
bool Reader::text(std::string_view what, element value, std::string& out) {
  std::string_view view;
  std::int64_t number = 0;
  bool flag = false;
  if (value.get_string().get(view) == simdjson::SUCCESS) {
    out = view;
  } else if (what == "A condition value" && value.get_bool().get(flag) == simdjson::SUCCESS) {
    out = flag ? "true" : "false";
  } else if (what == "A condition value" && value.get_int64().get(number) == simdjson::SUCCESS) {
    out = std::to_string(number);
  } else {
    return fail_at(std::string(what) + " must be a string or a list of strings.");
  }
  return true;
}

bool Reader::texts(std::string_view what, element value, std::vector<std::string>& out) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) {
    return text(what, value, out.emplace_back());
  }
  if (array.size() == 0) return fail_at(std::string(what) + " must not be an empty list.");
  return std::ranges::all_of(array,
                             [&](element item) { return text(what, item, out.emplace_back()); });
}

bool Reader::read(element root, Document& out) {
  simdjson::dom::object object;
  place_ = "The document ";
  if (root.get_object().get(object) != simdjson::SUCCESS) {
    return fail_at("must be an object: {\"Version\":\"1\",\"Statement\":[…]}.");
  }
  bool version_seen = false;
  bool statement_seen = false;
  for (const auto& [name, value] : object) {
    if (name == "Version") {
      std::string_view version;
      if (!once(version_seen, "Version")) return false;
      if (value.get_string().get(version) != simdjson::SUCCESS || version != "1") {
        return fail_at("must have \"Version\":\"1\".");
      }
    } else if (name == "Statement") {
      if (!once(statement_seen, "Statement") || !read_statements(value, out)) return false;
    } else {
      return fail_at("may only have the members Version and Statement.");
    }
  }
  place_ = "The document ";
  if (!version_seen) return fail_at("must have \"Version\":\"1\".");
  if (!statement_seen) return fail_at("must have a Statement list.");
  return true;
}

bool Reader::read_statements(element value, Document& out) {
  simdjson::dom::array array;
  if (value.get_array().get(array) != simdjson::SUCCESS) {
    place_ = "Statement 1: ";
    return read_statement(value, out.statements.emplace_back());
  }
  if (array.size() == 0) return fail_at("must have at least one statement.");
  for (const element item : array) {
    place_ = "Statement " + std::to_string(out.statements.size() + 1) + ": ";
    if (!read_statement(item, out.statements.emplace_back())) return false;
  }
  return true;
}

bool Reader::read_statement(element value, Statement& out) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return fail_at("it must be an object with Effect, Action and Resource.");
  }
  seen_ = {};
  for (const auto& [name, member] : object) {
    if (!read_member(name, member, out)) return false;
  }
  return check_whole(out);
}

bool Reader::read_member(std::string_view name, element value, Statement& out) {
  if (name == "Effect") return once(seen_.effect, "Effect") && read_effect(value, out);
  if (name == "Action" || name == "NotAction") {
    return once(seen_.action, "Action or NotAction") && read_actions(name, value, out);
  }
  if (name == "Resource" || name == "NotResource") {
    return once(seen_.resource, "Resource or NotResource") && read_resources(name, value, out);
  }
  if (name == "Principal") return once(seen_.principal, "Principal") && read_principals(value, out);
  if (name == "Condition") return once(seen_.condition, "Condition") && read_conditions(value, out);
  if (name == "Sid") return once(seen_.sid, "Sid") && read_sid(value, out);
  return fail_at(
      "it may only have Effect, Action, NotAction, Resource, NotResource, Principal, Condition and "
      "Sid.");
}

bool Reader::check_whole(const Statement& statement) {
  const bool named = kind_ == DocumentKind::kTrust || kind_ == DocumentKind::kResource;
  if (!seen_.effect) return fail_at("it must have \"Effect\":\"Allow\" or \"Deny\".");
  if (!seen_.action) return fail_at("it must have an Action or a NotAction.");
  if (!seen_.resource && kind_ != DocumentKind::kTrust) return fail_at("it must have a Resource.");
  if (named && statement.principals.empty()) return fail_at("it must have a Principal.");
  return true;
}

bool Reader::read_effect(element value, Statement& out) {
  std::string_view effect;
  if (value.get_string().get(effect) != simdjson::SUCCESS ||
      (effect != "Allow" && effect != "Deny")) {
    return fail_at("Effect must be \"Allow\" or \"Deny\".");
  }
  out.effect = effect == "Allow" ? Effect::kAllow : Effect::kDeny;
  return true;
}

bool Reader::read_actions(std::string_view name, element value, Statement& out) {
  out.not_actions = name == "NotAction";
  if (!texts("Action", value, out.actions)) return false;
  for (const std::string& action : out.actions) {
    if (!is_action(action)) {
      return fail_at("an Action must be \"*\" or \"<product>:<name>\", such as \"kms:Get*\".");
    }
    if (kind_ == DocumentKind::kResource &&
        (out.not_actions || !fold_case(action).starts_with("kms:"))) {
      return fail_at("Action must list names that start with \"kms:\"; NotAction is not offered.");
    }
    if (kind_ == DocumentKind::kTrust &&
        (out.not_actions || !fold_case(action).starts_with("sts:"))) {
      return fail_at("Action must be \"sts:AssumeRole\" in a trust policy.");
    }
  }
  return true;
}

bool Reader::read_resources(std::string_view name, element value, Statement& out) {
  out.not_resources = name == "NotResource";
  if (!texts("Resource", value, out.resources)) return false;
  const bool star_only = kind_ == DocumentKind::kResource || kind_ == DocumentKind::kTrust;
  for (const std::string& resource : out.resources) {
    if (star_only && (out.not_resources || resource != "*")) {
      return fail_at(kind_ == DocumentKind::kTrust
                         ? "a trust policy has no Resource: it is about its role."
                         : "Resource can only be \"*\": the policy is about its secret or key.");
    }
    if (resource != "*" && !resource.starts_with("acs:")) {
      return fail_at(
          "a Resource must be \"*\" or start with \"acs:\", such as "
          "\"acs:kms:*:*:secret/app/*\".");
    }
  }
  return true;
}

bool Reader::read_principals(element value, Statement& out) {
  if (kind_ != DocumentKind::kTrust && kind_ != DocumentKind::kResource) {
    return fail_at("Principal is not offered here: the policy is about whom it is attached to.");
  }
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return fail_at("Principal must be an object: {\"RAM\":[\"acs:ram::<account>:user/<name>\"]}.");
  }
  for (const auto& [name, ids] : object) {
    PrincipalType type = PrincipalType::kRam;
    if (name == "Service" || name == "Federated") {
      type = name == "Service" ? PrincipalType::kService : PrincipalType::kFederated;
    } else if (name != "RAM") {
      return fail_at("Principal may only have RAM, Service and Federated.");
    }
    if (kind_ == DocumentKind::kResource && type != PrincipalType::kRam) {
      return fail_at("Principal may only have RAM in the policy of a secret or key.");
    }
    if (std::ranges::count(out.principals, type, &PrincipalElement::type) > 0) {
      return fail_at("each kind of Principal must be given once.");
    }
    std::vector<std::string> texts_of_kind;
    if (!texts("Principal", ids, texts_of_kind)) return false;
    for (std::string& id : texts_of_kind) {
      const std::string_view problem = principal_problem(type, id);
      if (!problem.empty()) return fail_at("a Principal " + std::string(problem) + ".");
      out.principals.push_back({type, std::move(id)});
    }
  }
  return true;
}

bool Reader::read_conditions(element value, Statement& out) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return fail_at("Condition must be an object: {\"IpAddress\":{\"acs:SourceIp\":[…]}}.");
  }
  for (const auto& [name, tests] : object) {
    const auto op = find_operator(name);
    if (!op) {
      return fail_at("The condition operator '" + std::string(name) + "' is not supported.");
    }
    if (std::ranges::count(out.conditions, *op, &ConditionTest::op) > 0) {
      return fail_at("each condition operator must be given once.");
    }
    if (!read_tests(*op, tests, out)) return false;
  }
  return true;
}

bool Reader::read_tests(Operator op, element value, Statement& out) {
  simdjson::dom::object object;
  if (value.get_object().get(object) != simdjson::SUCCESS) {
    return fail_at("a condition operator must have an object of keys and values.");
  }
  for (const auto& [name, values] : object) {
    if (name.empty() || name.size() > kConditionKeyCharsMax) {
      return fail_at("a condition key must have 1 to 256 bytes, such as \"acs:SourceIp\".");
    }
    for (const ConditionTest& before : out.conditions) {
      if (before.op == op && before.key == name) {
        return fail_at("each condition key must be given once.");
      }
    }
    ConditionTest test{.op = op, .key = std::string(name), .values = {}};
    if (!texts("A condition value", values, test.values)) return false;
    for (const std::string& one : test.values) {
      const std::string_view problem = value_problem(op, one, source_);
      if (!problem.empty()) {
        return fail_at("a value of " + std::string(operator_name(op)) + " " + std::string(problem) +
                       ".");
      }
    }
    out.conditions.push_back(std::move(test));
  }
  return true;
}

bool Reader::read_sid(element value, Statement& out) {
  std::string_view sid;
  if (value.get_string().get(sid) != simdjson::SUCCESS || !is_sid(sid)) {
    return fail_at("Sid must have at most 128 of letters, digits, blanks and -_/+=.@");
  }
  out.sid = sid;
  return true;
}

std::unexpected<Error> too_long(const KindTraits& kind) {
  return fail(ErrorKind::kInvalidInput, std::string(kind.length_code),
              "The parameter - \"" + std::string(kind.parameter) +
                  "\" beyond the length limit. Use 1 to " + std::to_string(kind.characters_max) +
                  " characters; split the policy or use wildcards.");
}

std::unexpected<Error> malformed(const KindTraits& kind, const std::string& hint) {
  return fail(
      ErrorKind::kInvalidInput, std::string(kind.grammar_code),
      "The specified parameter \"" + std::string(kind.parameter) + "\" is not valid. " + hint);
}

Result<Document> parse(std::string_view json, DocumentKind kind, DocumentSource source) {
  const KindTraits& of_kind = traits(kind);
  if (json.empty() || json.size() > of_kind.characters_max * kBytesPerCharacterMax)
    return too_long(of_kind);
  if (!is_utf8(json)) return malformed(of_kind, "It must be UTF-8.");
  const bool in_bytes = kind == DocumentKind::kResource;
  if ((in_bytes ? json.size() : count_characters(json)) > of_kind.characters_max)
    return too_long(of_kind);

  const simdjson::padded_string padded(json);
  simdjson::dom::parser parser;
  element root;
  if (parser.allocate(json.size(), limits::kJsonDepthMax) != simdjson::SUCCESS ||
      parser.parse(padded).get(root) != simdjson::SUCCESS) {
    return malformed(of_kind, "It must be JSON: {\"Version\":\"1\",\"Statement\":[…]}.");
  }
  Document document{.statements = {}, .kind = kind};
  Reader reader(kind, source);
  if (!reader.read(root, document)) return malformed(of_kind, reader.wrong());
  return document;
}

}  // namespace

Result<Document> parse_document(std::string_view json, DocumentKind kind) {
  return parse(json, kind, DocumentSource::kCaller);
}

Result<Document> parse_stored_document(std::string_view json, DocumentKind kind) {
  return parse(json, kind, DocumentSource::kStored);
}

}  // namespace strongroom::policy
