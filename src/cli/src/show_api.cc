#include "show_api.h"

#include "strongroom/base/json_writer.h"

namespace strongroom::cli {
namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// An expression for the value: masked ones come from the program's own variable.
std::string value_of(const client::Parameter& parameter) {
  return parameter.secret != nullptr ? "value" : quoted(parameter.value);
}

/// "SecretName": "x", ... with the language's own separators.
std::string entries(const client::ApiCall& call, std::string_view open, std::string_view between) {
  std::string out;
  for (const auto& parameter : call.parameters) {
    if (!out.empty()) out += ", ";
    out.append(open).append(quoted(parameter.name)).append(between).append(value_of(parameter));
  }
  return out;
}

std::string python(const client::ApiCall& call, const Configuration& configuration) {
  return "# Python: pip install alibabacloud-tea-openapi\n"
         "import os\n"
         "from alibabacloud_tea_openapi.client import Client\n"
         "from alibabacloud_tea_openapi import models\n"
         "from alibabacloud_tea_util.models import RuntimeOptions\n\n"
         "client = Client(models.Config(\n"
         "    endpoint=" +
         quoted(configuration.endpoint.value) + ", ca=" + quoted(configuration.ca_file.value) +
         ",\n"
         "    access_key_id=os.environ[\"ALIBABA_CLOUD_ACCESS_KEY_ID\"],\n"
         "    access_key_secret=os.environ[\"ALIBABA_CLOUD_ACCESS_KEY_SECRET\"]))\n"
         "print(client.call_api(\n"
         "    models.Params(action=" +
         quoted(call.action) + ", version=" + quoted(call.version) +
         ", protocol=\"HTTPS\", method=\"POST\",\n"
         "                  auth_type=\"AK\", style=\"RPC\", pathname=\"/\", "
         "req_body_type=\"formData\", body_type=\"json\"),\n"
         "    models.OpenApiRequest(body={" +
         entries(call, "", ": ") + "}), RuntimeOptions())[\"body\"])\n";
}

std::string go(const client::ApiCall& call, const Configuration& configuration) {
  return "// Go: github.com/alibabacloud-go/darabonba-openapi/v2\n"
         "ca, _ := os.ReadFile(" +
         quoted(configuration.ca_file.value) +
         ")\n"
         "client, err := openapi.NewClient(&openapi.Config{\n"
         "\tEndpoint: tea.String(" +
         quoted(configuration.endpoint.value) +
         "), Ca: tea.String(string(ca)),\n"
         "\tAccessKeyId: tea.String(os.Getenv(\"ALIBABA_CLOUD_ACCESS_KEY_ID\")),\n"
         "\tAccessKeySecret: tea.String(os.Getenv(\"ALIBABA_CLOUD_ACCESS_KEY_SECRET\"))})\n"
         "answer, err := client.CallApi(&openapi.Params{\n"
         "\tAction: tea.String(" +
         quoted(call.action) + "), Version: tea.String(" + quoted(call.version) +
         "),\n"
         "\tProtocol: tea.String(\"HTTPS\"), Method: tea.String(\"POST\"), AuthType: "
         "tea.String(\"AK\"), Style: tea.String(\"RPC\"),\n"
         "\tPathname: tea.String(\"/\"), ReqBodyType: tea.String(\"formData\"), BodyType: "
         "tea.String(\"json\")},\n"
         "\t&openapi.OpenApiRequest{Body: map[string]interface{}{" +
         entries(call, "", ": ") + "}}, &util.RuntimeOptions{})\n";
}

std::string java(const client::ApiCall& call, const Configuration& configuration) {
  std::string puts;
  for (const auto& parameter : call.parameters) {
    puts += "body.put(" + quoted(parameter.name) + ", " + value_of(parameter) + ");\n";
  }
  return "// Java: com.aliyun:tea-openapi\n"
         "Client client = new Client(new Config()\n"
         "    .setEndpoint(" +
         quoted(configuration.endpoint.value) + ").setCa(Files.readString(Path.of(" +
         quoted(configuration.ca_file.value) +
         ")))\n"
         "    .setAccessKeyId(System.getenv(\"ALIBABA_CLOUD_ACCESS_KEY_ID\"))\n"
         "    .setAccessKeySecret(System.getenv(\"ALIBABA_CLOUD_ACCESS_KEY_SECRET\")));\n"
         "Map<String, Object> body = new HashMap<>();\n" +
         puts +
         "Map<String, ?> answer = client.callApi(new Params()\n"
         "    .setAction(" +
         quoted(call.action) + ").setVersion(" + quoted(call.version) +
         ").setProtocol(\"HTTPS\").setMethod(\"POST\")\n"
         "    "
         ".setAuthType(\"AK\").setStyle(\"RPC\").setPathname(\"/"
         "\").setReqBodyType(\"formData\").setBodyType(\"json\"),\n"
         "    new OpenApiRequest().setBody(body), new RuntimeOptions());\n";
}

std::string node(const client::ApiCall& call, const Configuration& configuration) {
  return "// Node: npm install @alicloud/pop-core; NODE_EXTRA_CA_CERTS=" +
         configuration.ca_file.value +
         "\n"
         "const { RPCClient } = require('@alicloud/pop-core');\n"
         "const client = new RPCClient({\n"
         "  endpoint: " +
         quoted("https://" + configuration.endpoint.value) +
         ", apiVersion: " + quoted(call.version) +
         ",\n"
         "  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,\n"
         "  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET });\n"
         "console.log(await client.request(" +
         quoted(call.action) + ", {" + entries(call, "", ": ") + "}, { method: 'POST' }));\n";
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
