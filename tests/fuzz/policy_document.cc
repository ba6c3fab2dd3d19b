// Policy documents of every kind: what is accepted survives being written and read again, compiles,
// and is decided alike by statement and by set. Input: the kind, the document.

#include <string>
#include <vector>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/policy/policy.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom;
  std::string_view text = fuzz::text_of(data, size);
  const auto kind = static_cast<policy::DocumentKind>(fuzz::take_byte(text) % 4);
  auto document = policy::parse_document(text, kind);
  if (!document) {
    SR_CHECK(!document.error().code().empty() && !document.error().message().empty());
    return 0;
  }
  const std::string written = policy::to_json(*document);
  if (const auto again = policy::parse_document(written, kind)) {
    SR_CHECK(policy::to_json(*again) == written);
  } else {  // the tidy text may be longer than the limit, never wrong in another way
    SR_CHECK(written.size() > text.size());
  }
  const auto set = policy::PolicySet::compile(
      {{.name = "p", .type = "Custom", .document = std::move(*document)}});
  const std::string_view resources[] = {"acs:kms:cn-hangzhou:1000000000000001:secret/app/db"};
  policy::ConditionList context;
  context.add("acs:SourceIp", "10.0.0.1");
  context.add("acs:CurrentTime", "2026-01-01T00:00:00Z");
  const policy::Query query{
      .action = kind == policy::DocumentKind::kTrust ? "sts:AssumeRole" : "kms:GetSecretValue",
      .resources = resources,
      .context = &context,
      .principal = {policy::PrincipalType::kRam, "acs:ram::1000000000000001:user/bob"}};
  bool denies = false;
  bool allows = false;
  for (const policy::Fit& fit : set->fits(query)) {
    (fit.effect == policy::Effect::kDeny ? denies : allows) |= fit.whole();
  }
  const policy::Outcome outcome = set->evaluate(query).outcome;
  SR_CHECK((outcome == policy::Outcome::kExplicitDeny) == denies);
  SR_CHECK((outcome == policy::Outcome::kAllow) == (allows && !denies));
  return 0;
}
