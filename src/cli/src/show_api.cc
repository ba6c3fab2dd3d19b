#include "show_api.h"

#include <algorithm>

#include "output.h"

namespace strongroom::cli {
namespace {

/// An expression for the value: masked ones come from the program's own variable.
std::string value_of(const client::Parameter& parameter) {
  return parameter.secret != nullptr ? "value" : json_text(parameter.value);
}

/// "SecretName": "x", ... with the language's own separators.
std::string entries(const client::ApiCall& call, std::string_view open, std::string_view between) {
  std::string out;
  for (const auto& parameter : call.parameters) {
    if (!out.empty()) out += ", ";
    out.append(open).append(json_text(parameter.name)).append(between).append(value_of(parameter));
  }
  return out;
}

bool takes_value(const client::ApiCall& call) {
  return std::ranges::any_of(call.parameters,
                             [](const auto& one) { return one.secret != nullptr; });
}

/// `text` if the call is signed with temporary credentials.
std::string if_session(const Configuration& configuration, const char* text) {
  return configuration.security_token.value.empty() ? std::string() : text;
}

/// `text` if the program reads the value itself, from standard input.
std::string if_value(const client::ApiCall& call, const char* text) {
  return takes_value(call) ? text : std::string();
}

std::string python(const client::ApiCall& call, const Configuration& configuration) {
  return "# Python: pip install alibabacloud-tea-openapi\n"
         "import os\n" +
         if_value(call, "import sys\n") +
         "from alibabacloud_tea_openapi.client import Client\n"
         "from alibabacloud_tea_openapi import models\n"
         "from alibabacloud_tea_util.models import RuntimeOptions\n\n" +
         if_value(call, "value = sys.stdin.read()\n") +
         "client = Client(models.Config(\n"
         "    endpoint=" +
         json_text(configuration.endpoint.value) +
         ", ca=" + json_text(configuration.ca_file.value) +
         ",\n"
         "    access_key_id=os.environ[\"ALIBABA_CLOUD_ACCESS_KEY_ID\"],\n" +
         if_session(configuration,
                    "    security_token=os.environ[\"ALIBABA_CLOUD_SECURITY_TOKEN\"],\n") +
         "    access_key_secret=os.environ[\"ALIBABA_CLOUD_ACCESS_KEY_SECRET\"]))\n"
         "print(client.call_api(\n"
         "    models.Params(action=" +
         json_text(call.action) + ", version=" + json_text(call.version) +
         ", protocol=\"HTTPS\", method=\"POST\",\n"
         "                  auth_type=\"AK\", style=\"RPC\", pathname=\"/\", "
         "req_body_type=\"formData\", body_type=\"json\"),\n"
         "    models.OpenApiRequest(body={" +
         entries(call, "", ": ") + "}), RuntimeOptions())[\"body\"])\n";
}

std::string go(const client::ApiCall& call, const Configuration& configuration) {
  return "// Go: go get github.com/alibabacloud-go/darabonba-openapi/v2\n"
         "package main\n\n"
         "import (\n"
         "\t\"fmt\"\n" +
         if_value(call, "\t\"io\"\n") +
         "\t\"log\"\n"
         "\t\"os\"\n\n"
         "\topenapi \"github.com/alibabacloud-go/darabonba-openapi/v2/client\"\n"
         "\tutil \"github.com/alibabacloud-go/tea-utils/v2/service\"\n"
         "\t\"github.com/alibabacloud-go/tea/tea\"\n"
         ")\n\n"
         "func main() {\n" +
         if_value(call,
                  "\ttyped, err := io.ReadAll(os.Stdin)\n"
                  "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
                  "\tvalue := string(typed)\n") +
         "\tca, err := os.ReadFile(" + json_text(configuration.ca_file.value) +
         ")\n"
         "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
         "\tclient, err := openapi.NewClient(&openapi.Config{\n"
         "\t\tEndpoint: tea.String(" +
         json_text(configuration.endpoint.value) +
         "), Ca: tea.String(string(ca)),\n"
         "\t\tAccessKeyId: tea.String(os.Getenv(\"ALIBABA_CLOUD_ACCESS_KEY_ID\")),\n" +
         if_session(
             configuration,
             "\t\tSecurityToken: tea.String(os.Getenv(\"ALIBABA_CLOUD_SECURITY_TOKEN\")),\n") +
         "\t\tAccessKeySecret: tea.String(os.Getenv(\"ALIBABA_CLOUD_ACCESS_KEY_SECRET\"))})\n"
         "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
         "\tanswer, err := client.CallApi(&openapi.Params{\n"
         "\t\tAction: tea.String(" +
         json_text(call.action) + "), Version: tea.String(" + json_text(call.version) +
         "),\n"
         "\t\tProtocol: tea.String(\"HTTPS\"), Method: tea.String(\"POST\"), AuthType: "
         "tea.String(\"AK\"), Style: tea.String(\"RPC\"),\n"
         "\t\tPathname: tea.String(\"/\"), ReqBodyType: tea.String(\"formData\"), BodyType: "
         "tea.String(\"json\")},\n"
         "\t\t&openapi.OpenApiRequest{Body: map[string]interface{}{" +
         entries(call, "", ": ") +
         "}}, &util.RuntimeOptions{})\n"
         "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
         "\tfmt.Println(answer[\"body\"])\n"
         "}\n";
}

std::string java(const client::ApiCall& call, const Configuration& configuration) {
  std::string puts;
  for (const auto& parameter : call.parameters) {
    puts += "    body.put(" + json_text(parameter.name) + ", " + value_of(parameter) + ");\n";
  }
  return "// Java: com.aliyun:tea-openapi; run it with: java -cp \"$CLASSPATH\" Call.java\n"
         "import com.aliyun.teaopenapi.Client;\n"
         "import com.aliyun.teaopenapi.models.*;\n"
         "import com.aliyun.teautil.models.RuntimeOptions;\n"
         "import java.nio.file.*;\n"
         "import java.util.*;\n\n"
         "public class Call {\n"
         "  public static void main(String[] args) throws Exception {\n"
         "    Client client = new Client(new Config()\n"
         "        .setEndpoint(" +
         json_text(configuration.endpoint.value) + ").setCa(Files.readString(Path.of(" +
         json_text(configuration.ca_file.value) +
         ")))\n"
         "        .setAccessKeyId(System.getenv(\"ALIBABA_CLOUD_ACCESS_KEY_ID\"))\n" +
         if_session(
             configuration,
             "        .setSecurityToken(System.getenv(\"ALIBABA_CLOUD_SECURITY_TOKEN\"))\n") +
         "        .setAccessKeySecret(System.getenv(\"ALIBABA_CLOUD_ACCESS_KEY_SECRET\")));\n" +
         if_value(call, "    String value = new String(System.in.readAllBytes(), \"UTF-8\");\n") +
         "    Map<String, Object> body = new HashMap<>();\n" + puts +
         "    Map<String, ?> answer = client.callApi(new Params()\n"
         "        .setAction(" +
         json_text(call.action) + ").setVersion(" + json_text(call.version) +
         ").setProtocol(\"HTTPS\").setMethod(\"POST\")\n"
         "        .setAuthType(\"AK\").setStyle(\"RPC\").setPathname(\"/\")\n"
         "        .setReqBodyType(\"formData\").setBodyType(\"json\"),\n"
         "        new OpenApiRequest().setBody(body), new RuntimeOptions());\n"
         "    System.out.println(answer.get(\"body\"));\n"
         "  }\n"
         "}\n";
}

std::string node(const client::ApiCall& call, const Configuration& configuration) {
  return "// Node: npm install @alicloud/pop-core; run it with: NODE_EXTRA_CA_CERTS=" +
         configuration.ca_file.value +
         " node call.js\n"
         "const { RPCClient } = require('@alicloud/pop-core');\n" +
         if_value(call, "const value = require('fs').readFileSync(0, 'utf8');\n") +
         "const client = new RPCClient({\n"
         "  endpoint: " +
         json_text("https://" + configuration.endpoint.value) +
         ", apiVersion: " + json_text(call.version) +
         ",\n"
         "  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,\n" +
         if_session(configuration, "  securityToken: process.env.ALIBABA_CLOUD_SECURITY_TOKEN,\n") +
         "  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET });\n"
         "client.request(" +
         json_text(call.action) + ", {" + entries(call, "", ": ") +
         "}, { method: 'POST' })\n"
         "  .then((answer) => console.log(answer));\n";
}

std::string http(const client::Preview& preview) {
  std::string out;
  for (const char c : preview.head) {
    if (c != '\r') out += c;
  }
  return out + preview.body + (preview.body.empty() ? "" : "\n");
}

}  // namespace

std::string show_api(const client::ApiCall& call, const client::Preview& preview,
                     std::string_view language, const Configuration& configuration) {
  const bool all = language == "all";
  std::string out;
  const auto add = [&](std::string_view name, const std::string& text) {
    if (!all && language != name) return;
    if (!out.empty()) out += '\n';
    out += text;
  };
  add("http", http(preview));
  add("python", python(call, configuration));
  add("go", go(call, configuration));
  add("java", java(call, configuration));
  add("node", node(call, configuration));
  return out;
}

}  // namespace strongroom::cli
