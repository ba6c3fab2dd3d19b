#include <gtest/gtest.h>

#include <functional>

#include "answer_json.h"
#include "answer_xml.h"
#include "strongroom/base/bytes.h"

namespace strongroom::gateway_openapi {
namespace {

using Write = std::function<void(service::AnswerWriter&)>;

std::string json_of(const Write& write) {
  std::string out;
  const auto answer = make_json_answer(out);
  write(*answer);
  answer->end_object();
  return out;
}

std::string xml_of(const Write& write) {
  std::string out;
  const auto answer = make_xml_answer(out, "GetSecretValue");
  write(*answer);
  answer->end_object();
  return out;
}

constexpr const char* kXmlHead = "<?xml version='1.0' encoding='UTF-8'?><GetSecretValueResponse>";
constexpr const char* kXmlTail = "</GetSecretValueResponse>";

void write_everything(service::AnswerWriter& answer) {
  answer.field("SecretName", std::string_view("a<b>&\"c\"\n中"));
  answer.field("Type", "Generic");
  answer.number("TotalCount", -7);
  answer.boolean("Value", true);
  answer.begin_object("KeyMetadata");
  answer.field("DeleteDate", "");
  answer.end_object();
  answer.begin_list("VersionStages", "VersionStage");
  answer.item("ACSCurrent");
  answer.item("x");
  answer.end_list();
  answer.begin_list("Aliases", "Alias");
  answer.end_list();
  answer.begin_flat_list("SecretValues");
  answer.begin_item();
  answer.field("SecretName", "n");
  answer.begin_list("VersionStages", "VersionStage");
  answer.item("s");
  answer.end_list();
  answer.end_item();
  answer.begin_item();
  answer.end_item();
  answer.end_flat_list();
  answer.begin_flat_list("Errors");
  answer.end_flat_list();
  answer.field("RequestId", "R");
}

TEST(Answers, JsonShapesOfEveryKind) {
  EXPECT_EQ(
      json_of(write_everything),
      "{\"SecretName\":\"a<b>&\\\"c\\\"\\n中\",\"Type\":\"Generic\",\"TotalCount\":-7,\"Value\":"
      "true,"
      "\"KeyMetadata\":{\"DeleteDate\":\"\"},\"VersionStages\":{\"VersionStage\":[\"ACSCurrent\","
      "\"x\"]},"
      "\"Aliases\":{\"Alias\":[]},"
      "\"SecretValues\":[{\"SecretName\":\"n\",\"VersionStages\":{\"VersionStage\":[\"s\"]}},{}],"
      "\"Errors\":[],\"RequestId\":\"R\"}");
}

TEST(Answers, XmlShapesOfEveryKind) {
  EXPECT_EQ(xml_of(write_everything),
            std::string(kXmlHead) +
                "<SecretName>a&lt;b&gt;&amp;&quot;c&quot;\n中</SecretName><Type>Generic</"
                "Type><TotalCount>-7</TotalCount>"
                "<Value>true</Value><KeyMetadata><DeleteDate></DeleteDate></KeyMetadata>"
                "<VersionStages><VersionStage>ACSCurrent</VersionStage><VersionStage>x</"
                "VersionStage></VersionStages>"
                "<Aliases></Aliases>"
                "<SecretValues><SecretName>n</SecretName><VersionStages><VersionStage>s</"
                "VersionStage></VersionStages>"
                "</SecretValues><SecretValues></SecretValues><RequestId>R</RequestId>" +
                kXmlTail);
}

TEST(Answers, AnEmptyAnswerIsStillAnObject) {
  EXPECT_EQ(json_of([](auto&) {}), "{}");
  EXPECT_EQ(xml_of([](auto&) {}), std::string(kXmlHead) + kXmlTail);
}

TEST(Answers, SecretsArriveUnaltered) {
  const std::string text = "p@ss w0rd+/=&~*!'()\"#?%\n\x01中文😀\\";
  auto secret = SecretBytes::copy_of(as_bytes(text));
  ASSERT_TRUE(secret);
  const Write write = [&](service::AnswerWriter& answer) { answer.secret("SecretData", *secret); };
  EXPECT_EQ(json_of(write), "{\"SecretData\":\"p@ss w0rd+/=&~*!'()\\\"#?%\\n\\u0001中文😀\\\\\"}");
  EXPECT_EQ(xml_of(write),
            std::string(kXmlHead) +
                "<SecretData>p@ss w0rd+/=&amp;~*!&apos;()&quot;#?%\n&#1;中文😀\\</SecretData>" +
                kXmlTail);
}

}  // namespace
}  // namespace strongroom::gateway_openapi
