// Documents: what is understood, what is refused and with which code, and that nothing is lost
// between text and statements.

#include "strongroom/policy/document.h"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace strongroom::policy {
namespace {

std::string one(std::string_view statement) {
  return R"({"Version":"1","Statement":[)" + std::string(statement) + "]}";
}

TEST(Document, ReadsEveryElement) {
  const auto document = parse_document(one(R"({"Sid":"kms default key policy","Effect":"Deny",
      "NotAction":"kms:Get*","NotResource":["acs:kms:*:*:secret/a","acs:oss:*"],
      "Condition":{"StringNotLike":{"kms:tag/Env":["prod*","qa"]},"Bool":{"acs:MFAPresent":true},
      "NumericLessThan":{"x:n":7},"IpAddress":{"acs:SourceIp":"10.0.0.0/8"}}})"),
                                       DocumentKind::kIdentity);
  ASSERT_TRUE(document) << document.error().message();
  ASSERT_EQ(document->statements.size(), 1U);
  const Statement& statement = document->statements[0];
  EXPECT_EQ(statement.sid, "kms default key policy");
  EXPECT_EQ(statement.effect, Effect::kDeny);
  EXPECT_TRUE(statement.not_actions && statement.not_resources);
  EXPECT_EQ(statement.actions, std::vector<std::string>{"kms:Get*"});
  EXPECT_EQ(statement.resources.size(), 2U);
  ASSERT_EQ(statement.conditions.size(), 4U);
  EXPECT_EQ(statement.conditions[0].op, Operator::kStringNotLike);
  EXPECT_EQ(statement.conditions[0].values.size(), 2U);
  EXPECT_EQ(statement.conditions[1].values, std::vector<std::string>{"true"});
  EXPECT_EQ(statement.conditions[2].values, std::vector<std::string>{"7"});
}

TEST(Document, TextAndStatementsAreTheSame) {
  const std::pair<DocumentKind, std::string> rows[] = {
      {DocumentKind::kIdentity, one(R"({"Effect":"Allow","Action":["*"],"Resource":["*"]})")},
      {DocumentKind::kTrust,
       one(R"({"Effect":"Allow","Principal":{"RAM":["acs:ram::1000000000000001:root"],)"
           R"("Service":["ecs.aliyuncs.com"],)"
           R"("Federated":["acs:ram::1000000000000001:oidc-provider/ack"]},)"
           R"("Action":["sts:AssumeRole"],"Condition":{"StringEquals":{"oidc:aud":["a"],)"
           R"("oidc:sub":["b"]},"DateLessThan":{"acs:CurrentTime":["2026-01-01T00:00:00Z"]}}})")},
      {DocumentKind::kResource,
       one(R"({"Sid":"a b","Effect":"Deny","Principal":{"RAM":["acs:ram::1000000000000001:*"]},)"
           R"("Action":["kms:*"],"Resource":["*"]})")},
  };
  for (const auto& [kind, text] : rows) {
    const auto first = parse_document(text, kind);
    ASSERT_TRUE(first) << first.error().message();
    const std::string written = to_json(*first);
    const auto second = parse_document(written, kind);
    ASSERT_TRUE(second) << second.error().message();
    EXPECT_EQ(to_json(*second), written);
    std::string compact = written;
    std::erase(compact, '\n');
    while (compact.contains("  ")) compact.erase(compact.find("  "), 2);
    EXPECT_EQ(compact, text);
  }
}

struct Refused {
  DocumentKind kind;
  std::string text;
  std::string_view says;
};

void expect_refused(std::span<const Refused> rows) {
  for (const Refused& row : rows) {
    const auto document = parse_document(row.text, row.kind);
    ASSERT_FALSE(document) << row.text;
    EXPECT_NE(document.error().message().find(row.says), std::string::npos)
        << row.text << "\n"
        << document.error().message();
    EXPECT_EQ(document.error().code(),
              row.kind == DocumentKind::kResource ? "InvalidParameter" : "MalformedPolicyDocument");
  }
}

const std::string kOk = R"("Effect":"Allow","Action":"kms:*","Resource":"*")";
const std::string kWho = R"("Principal":{"RAM":"acs:ram::1000000000000001:user/a"})";

TEST(Document, RefusesWhatItDoesNotUnderstand) {
  constexpr auto kId = DocumentKind::kIdentity;
  const Refused rows[] = {
      {kId, "[]", "must be an object"},
      {kId, "{", "must be JSON"},
      {kId, R"({"Version":"1","Statement":[]})", "at least one statement"},
      {kId, R"({"Version":"1"})", "Statement list"},
      {kId, R"({"Statement":[{)" + kOk + "}]}", "\"Version\":\"1\""},
      {kId, R"({"Version":1,"Statement":[{)" + kOk + "}]}", "\"Version\":\"1\""},
      {kId, R"({"Version":"1","Version":"1","Statement":[{)" + kOk + "}]}", "given once"},
      {kId, R"({"Version":"1","Id":"x","Statement":[{)" + kOk + "}]}", "only have the members"},
      {kId, one("7"), "must be an object"},
      {kId, one("{" + kOk + R"(,"Effect":"Deny"})"), "Effect must be given once"},
      {kId, one("{" + kOk + R"(,"NotAction":"kms:Get"})"), "Action or NotAction"},
      {kId, one("{" + kOk + R"(,"NotPrincipal":"x"})"), "may only have"},
      {kId, one("{" + kOk + "," + kWho + "}"), "Principal is not offered"},
      {kId, one(R"({"Action":"kms:*","Resource":"*"})"), "must have \"Effect\""},
      {kId, one(R"({"Effect":"allow","Action":"kms:*","Resource":"*"})"), "\"Allow\" or"},
      {kId, one(R"({"Effect":"Allow","Resource":"*"})"), "must have an Action"},
      {kId, one(R"({"Effect":"Allow","Action":"kms:*"})"), "must have a Resource"},
      {kId, one(R"({"Effect":"Allow","Action":[],"Resource":"*"})"), "empty list"},
      {kId, one(R"({"Effect":"Allow","Action":"GetSecretValue","Resource":"*"})"), "<product>"},
      {kId, one(R"({"Effect":"Allow","Action":"kms:","Resource":"*"})"), "<product>"},
      {kId, one(R"({"Effect":"Allow","Action":["kms:*",3],"Resource":"*"})"), "list of strings"},
      {kId, one(R"({"Effect":"Allow","Action":"kms:*","Resource":"secret/a"})"), "\"acs:\""},
      {kId, one("{" + kOk + R"(,"Condition":{"StringEqualsIfExists":{"a":"b"}}})"),
       "The condition operator 'StringEqualsIfExists' is not supported"},
      {kId, one("{" + kOk + R"(,"Condition":{"Null":{"a":"true"}}})"), "not supported"},
      {kId, one("{" + kOk + R"(,"Condition":{"Bool":{"a":"yes"}}})"), "\"true\" or \"false\""},
      {kId, one("{" + kOk + R"(,"Condition":{"NumericEquals":{"a":"1e3"}}})"), "decimal number"},
      {kId, one("{" + kOk + R"(,"Condition":{"DateEquals":{"a":"tomorrow"}}})"), "a time"},
      {kId, one("{" + kOk + R"(,"Condition":{"IpAddress":{"a":"10.0.0.0/33"}}})"), "a network"},
      {kId, one("{" + kOk + R"(,"Condition":{"IpAddress":{"a":"10.0.0.0/08"}}})"), "a network"},
      {kId, one("{" + kOk + R"(,"Condition":{"IpAddress":{"a":[]}}})"), "empty list"},
      {kId, one("{" + kOk + R"(,"Condition":{"IpAddress":{"":"::1"}}})"), "condition key"},
      {kId, one("{" + kOk + R"(,"Condition":{"Bool":{"a":"true"},"Bool":{"a":"true"}}})"), "once"},
      {kId, one("{" + kOk + R"(,"Sid":"a;b"})"), "Sid must"},
  };
  expect_refused(rows);
}

TEST(Document, NetworksThatWereStoredBeforeAreReadAsTheyWere) {
  const std::string text = one("{" + kOk + R"(,"Condition":{"IpAddress":{"a":"10.0.0.0/08"}}})");
  EXPECT_FALSE(parse_document(text, DocumentKind::kIdentity));
  EXPECT_TRUE(parse_stored_document(text, DocumentKind::kIdentity));
  EXPECT_FALSE(parse_stored_document("{}", DocumentKind::kIdentity));
}

TEST(Document, RefusesWrongPrincipals) {
  constexpr auto kTrust = DocumentKind::kTrust;
  constexpr auto kResource = DocumentKind::kResource;
  const Refused rows[] = {
      {kTrust, one(R"({"Effect":"Allow","Action":"sts:AssumeRole"})"), "must have a Principal"},
      {kTrust, one(R"({"Effect":"Allow","Action":"kms:*",)" + kWho + "}"), "sts:AssumeRole"},
      {kTrust,
       one(R"({"Effect":"Allow","Action":"sts:AssumeRole","Resource":"acs:x",)" + kWho + "}"),
       "no Resource"},
      {kTrust, one(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":"*"})"), "an object"},
      {kTrust, one(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"RAM":"*"}})"),
       "16-digit account"},
      {kTrust, one(R"({"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"*"}})"),
       "RAM, Service and Federated"},
      {kResource, one("{" + kOk + "}"), "must have a Principal"},
      {kResource, one(R"({"Effect":"Allow","Action":"*","Resource":"*",)" + kWho + "}"),
       "\"kms:\""},
      {kResource, one(R"({"Effect":"Allow","Action":"kms:*","Resource":"acs:kms:*",)" + kWho + "}"),
       "only be \"*\""},
      {kResource,
       one(R"({"Effect":"Allow","Action":"kms:*","Resource":"*",)"
           R"("Principal":{"Service":"ecs.aliyuncs.com"}})"),
       "only have RAM"},
  };
  expect_refused(rows);
}

TEST(Document, LengthLimits) {
  struct Row {
    DocumentKind kind;
    std::size_t max;
    std::string_view code;
  };
  const Row rows[] = {
      {DocumentKind::kIdentity, 6144, "InvalidParameter.PolicyDocument.Length"},
      {DocumentKind::kTrust, 6144, "InvalidParameter.AssumeRolePolicyDocument.Length"},
      {DocumentKind::kSession, 2048, "InvalidParameter.PolicySize"},
      {DocumentKind::kResource, 32768, "InvalidParameter"},
  };
  for (const Row& row : rows) {
    std::string statement = R"({"Effect":"Allow","Action":"kms:*")";
    if (row.kind == DocumentKind::kTrust)
      statement = R"({"Effect":"Allow","Action":"sts:AssumeRole")";
    if (row.kind != DocumentKind::kTrust) statement += R"(,"Resource":"*")";
    if (row.kind == DocumentKind::kTrust || row.kind == DocumentKind::kResource) {
      statement += R"(,"Principal":{"RAM":"acs:ram::1000000000000001:root"})";
    }
    std::string text = one(statement + "}");
    text.resize(row.max, ' ');
    EXPECT_TRUE(parse_document(text, row.kind)) << row.code;
    text += ' ';
    const auto longer = parse_document(text, row.kind);
    ASSERT_FALSE(longer);
    EXPECT_EQ(longer.error().code(), row.code);
    const auto empty = parse_document("", row.kind);
    ASSERT_FALSE(empty);
    EXPECT_EQ(empty.error().code(), row.code);
  }
  // Characters, not bytes, are counted in RAM's documents.
  const std::string umlauts = one(R"({"Effect":"Allow","Action":"kms:*","Resource":"acs:)" + [] {
    std::string text;
    for (int i = 0; i < 4000; ++i) text += "ä";
    return text;
  }() + "\"}");
  EXPECT_TRUE(parse_document(umlauts, DocumentKind::kIdentity));
}

TEST(Document, SessionErrorsAreThoseOfSts) {
  const auto bad = parse_document("{}", DocumentKind::kSession);
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), "InvalidParameter.PolicyGrammar");
}

TEST(Document, DeepNestingIsRefused) {
  const std::string deep =
      R"({"Version":"1","Statement":)" + std::string(2'000, '[') + std::string(2'000, ']') + "}";
  EXPECT_FALSE(parse_document(deep, DocumentKind::kIdentity));
}

}  // namespace
}  // namespace strongroom::policy
