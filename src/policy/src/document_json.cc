// Documents as text.

#include <algorithm>

#include "strongroom/base/json_writer.h"
#include "strongroom/policy/policy.h"

namespace strongroom::policy {
namespace {

void write_list(JsonWriter& json, std::string_view name, const std::vector<std::string>& texts) {
  json.begin_array(name);
  for (const std::string& text : texts) json.element(text);
  json.end_array();
}

void write_principals(JsonWriter& json, const Statement& statement) {
  json.begin_object("Principal");
  for (const PrincipalType type :
       {PrincipalType::kRam, PrincipalType::kService, PrincipalType::kFederated}) {
    std::vector<std::string> ids;
    for (const PrincipalElement& one : statement.principals) {
      if (one.type == type) ids.push_back(one.id);
    }
    if (!ids.empty()) write_list(json, principal_type_name(type), ids);
  }
  json.end_object();
}

// One member for each operator, in the order of their first use.
void write_conditions(JsonWriter& json, const std::vector<ConditionTest>& tests) {
  json.begin_object("Condition");
  for (auto first = tests.begin(); first != tests.end(); ++first) {
    const auto same = [first](const ConditionTest& test) { return test.op == first->op; };
    if (std::any_of(tests.begin(), first, same)) continue;
    json.begin_object(operator_name(first->op));
    for (const ConditionTest& test : tests) {
      if (same(test)) write_list(json, test.key, test.values);
    }
    json.end_object();
  }
  json.end_object();
}

void write_statement(JsonWriter& json, const Statement& statement, DocumentKind kind) {
  json.begin_object();
  if (!statement.sid.empty()) json.member("Sid", statement.sid);
  json.member("Effect", statement.effect == Effect::kAllow ? "Allow" : "Deny");
  if (!statement.principals.empty()) write_principals(json, statement);
  write_list(json, statement.not_actions ? "NotAction" : "Action", statement.actions);
  if (kind != DocumentKind::kTrust) {
    write_list(json, statement.not_resources ? "NotResource" : "Resource", statement.resources);
  }
  if (!statement.conditions.empty()) write_conditions(json, statement.conditions);
  json.end_object();
}

}  // namespace

std::string to_json(const Document& document) {
  std::string out = R"({"Version":"1","Statement":[)";
  bool first = true;
  for (const Statement& statement : document.statements) {
    out += first ? "\n  " : ",\n  ";
    first = false;
    JsonWriter json(out);
    write_statement(json, statement, document.kind);
  }
  out += "\n]}";
  return out;
}

std::string to_document(const Policy& policy) {
  return to_json(policy.document);
}

}  // namespace strongroom::policy
