// Decides the cases on standard input, one JSON object a line, and writes one answer a line:
// "allow identity", "explicit-deny resource" …, or "invalid <where>" for a document that is
// refused. matrix.py makes the cases and compares the answers with its own model.

#include <simdjson.h>

#include <iostream>
#include <string>
#include <vector>

#include "strongroom/access/access.h"
#include "strongroom/access/request_conditions.h"
#include "strongroom/access/request_tags.h"
#include "strongroom/access/resource_policies.h"

namespace {

using namespace strongroom;
using simdjson::dom::element;

std::string text(element value) {
  std::string_view view;
  return value.get_string().get(view) == simdjson::SUCCESS ? std::string(view) : std::string();
}

class Tags final : public access::TagSource {
 public:
  explicit Tags(element tags) {
    for (const element pair : tags.get_array()) {
      std::string name = policy::fold_case(text(pair.at(0)));
      pairs_.emplace_back(std::move(name), text(pair.at(1)));
    }
  }
  std::optional<std::string_view> tag(std::string_view name, std::size_t index) const override {
    for (const auto& [key, value] : pairs_) {
      if (key == name && index-- == 0) return value;
    }
    return std::nullopt;
  }

 private:
  std::vector<std::pair<std::string, std::string>> pairs_;
};

using Set = std::shared_ptr<const policy::PolicySet>;

Result<Set> compile(element documents, policy::DocumentKind kind) {
  std::vector<policy::Policy> policies;
  for (const element one : documents.get_array()) {
    SR_TRY(policy::Document document, policy::parse_document(text(one), kind));
    policies.push_back({.name = "p", .type = "Custom", .document = std::move(document)});
  }
  return policy::PolicySet::compile(std::move(policies));
}

identity::PrincipalKind kind_of(const std::string& name) {
  if (name == "root") return identity::PrincipalKind::kRoot;
  if (name == "user") return identity::PrincipalKind::kUser;
  return name == "role" ? identity::PrincipalKind::kRole : identity::PrincipalKind::kAnonymous;
}

std::string answer(const access::Verdict& verdict) {
  switch (verdict.decision.outcome) {
    case policy::Outcome::kAllow:
      return "allow " + std::string(access::source_name(verdict.source));
    case policy::Outcome::kExplicitDeny:
      return "explicit-deny " + std::string(access::source_name(verdict.source));
    case policy::Outcome::kImplicitDeny:
      return "implicit-deny " + std::string(access::source_name(verdict.source));
  }
  return "";
}

std::string decide(element c, access::ResourcePolicies& compiled) {
  const auto identity = compile(c["policies"], policy::DocumentKind::kIdentity);
  if (!identity) return "invalid identity";
  identity::Principal who;
  who.kind = kind_of(text(c["kind"]));
  who.account = *AccountId::parse(text(c["account"]));
  who.arn = text(c["arn"]);
  who.session = c["session"].get_bool();
  who.mfa_present = c["mfa"].get_bool();
  who.policies = *identity;
  if (c["session_policy"].get_array().size() > 0) {
    const auto session = compile(c["session_policy"], policy::DocumentKind::kSession);
    if (!session) return "invalid session";
    who.session_policy = *session;
  }
  access::Subject subject{.owner = *AccountId::parse(text(c["owner"]))};
  Set resource;
  if (const std::string document = text(c["resource_policy"]); !document.empty()) {
    const auto kept = access::checked_resource_policy(document, subject.owner);
    if (!kept) return "invalid resource";
    SystemRandom random;
    if (!kept->empty()) {
      const auto got = compiled.get({Uuid::generate(random), 1}, subject.owner, *kept);
      if (!got) return "invalid resource";
      resource = *got;
    }
  }
  subject.resource_policy = resource.get();
  const std::string ip = text(c["ip"]);
  const access::CallFacts facts{
      .now = *parse_utc(text(c["now"])), .source_ip = ip, .secure_transport = c["tls"].get_bool()};
  const Tags tags(c["tags"]);
  const std::string action = text(c["action"]);
  policy::ConditionList of_request;
  for (const element pair : c["request_tags"].get_array()) {
    of_request.add("acs:RequestTag/" + text(pair.at(0)), text(pair.at(1)));
  }
  const access::RequestConditions conditions(facts, who, &tags,
                                             access::sets_tags(action) ? &of_request : nullptr);
  std::vector<std::string> arns;
  for (const element one : c["resources"].get_array()) arns.push_back(text(one));
  const std::vector<std::string_view> views(arns.begin(), arns.end());
  return answer(
      access::decide(who, {.action = action, .resources = views, .context = &conditions}, subject));
}

}  // namespace

int main() {
  simdjson::dom::parser parser;
  access::ResourcePolicies compiled;
  std::string line;
  std::string out;
  while (std::getline(std::cin, line)) {
    element c;
    if (parser.parse(line).get(c) != simdjson::SUCCESS) return 2;
    out += decide(c, compiled) + "\n";
  }
  std::cout << out;
  return 0;
}
