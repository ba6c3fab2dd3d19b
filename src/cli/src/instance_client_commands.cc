// What a client of a KMS instance needs: the instance's CA certificate, and a program to start
// from.

#include <fstream>

#include "commands.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

constexpr std::string_view kHostSuffix = ".cryptoservice.kms.aliyuncs.com";
constexpr const char* kInstanceVariable = "STRONGROOM_INSTANCE_ID";

struct Chain {
  std::string instance;
  std::string pem;
  client::Answer answer;
};

std::optional<Chain> chain_of(Session& session, const std::string& given) {
  const auto id = instance_of(session, given);
  if (!id) return std::nullopt;
  auto answer = session.call("read the instance's CA certificate",
                             {"GetKmsInstance", {{"KmsInstanceId", *id}}});
  if (!answer) return std::nullopt;
  std::string pem(answer->json.root()["KmsInstance"]["CaCertificateChainPem"].text());
  return Chain{*id, std::move(pem), std::move(*answer)};
}

struct Needed {
  std::string host;
  std::string ca_file;
  std::string secret;
};

std::string python(const Needed& n) {
  return "# pip install alibabacloud-dkms-gcs\n"
         "import os\n"
         "from openapi.models import Config\n"
         "from sdk import models\n"
         "from sdk.client import Client\n\n"
         "client = Client(Config(\n"
         "    protocol=\"https\", endpoint=" +
         json_text(n.host) + ", ca_file_path=" + json_text(n.ca_file) +
         ",\n"
         "    client_key_file=os.environ[\"CLIENT_KEY_FILE\"], "
         "password=os.environ[\"CLIENT_KEY_PASSWORD\"]))\n"
         "print(client.get_secret_value(models.GetSecretValueRequest(secret_name=" +
         json_text(n.secret) + ")).secret_data)\n";
}

std::string java(const Needed& n) {
  return "// com.aliyun:alibabacloud-dkms-gcs-sdk; run it with: java -cp \"$CLASSPATH\" Read.java\n"
         "import com.aliyun.dkms.gcs.openapi.models.Config;\n"
         "import com.aliyun.dkms.gcs.sdk.Client;\n"
         "import com.aliyun.dkms.gcs.sdk.models.GetSecretValueRequest;\n\n"
         "public class Read {\n"
         "  public static void main(String[] args) throws Exception {\n"
         "    Client client = new Client(new Config().setProtocol(\"https\")\n"
         "        .setEndpoint(" +
         json_text(n.host) + ").setCaFilePath(" + json_text(n.ca_file) +
         ")\n"
         "        .setClientKeyFile(System.getenv(\"CLIENT_KEY_FILE\"))\n"
         "        .setPassword(System.getenv(\"CLIENT_KEY_PASSWORD\")));\n"
         "    System.out.println(client.getSecretValue(\n"
         "        new GetSecretValueRequest().setSecretName(" +
         json_text(n.secret) + ")).getSecretData());\n  }\n}\n";
}

std::string go(const Needed& n) {
  return "// go get github.com/aliyun/alibabacloud-dkms-gcs-go-sdk\n"
         "package main\n\n"
         "import (\n\t\"fmt\"\n\t\"log\"\n\t\"os\"\n\n"
         "\t\"github.com/alibabacloud-go/tea/tea\"\n"
         "\topenapi \"github.com/aliyun/alibabacloud-dkms-gcs-go-sdk/openapi\"\n"
         "\tsdk \"github.com/aliyun/alibabacloud-dkms-gcs-go-sdk/sdk\"\n)\n\n"
         "func main() {\n"
         "\tclient, err := sdk.NewClient(&openapi.Config{Protocol: tea.String(\"https\"),\n"
         "\t\tEndpoint: tea.String(" +
         json_text(n.host) + "), CaFilePath: tea.String(" + json_text(n.ca_file) +
         "),\n"
         "\t\tClientKeyFile: tea.String(os.Getenv(\"CLIENT_KEY_FILE\")),\n"
         "\t\tPassword:      tea.String(os.Getenv(\"CLIENT_KEY_PASSWORD\"))})\n"
         "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
         "\tfound, err := client.GetSecretValue(&sdk.GetSecretValueRequest{SecretName: "
         "tea.String(" +
         json_text(n.secret) +
         ")})\n"
         "\tif err != nil {\n\t\tlog.Fatal(err)\n\t}\n"
         "\tfmt.Println(*found.SecretData)\n}\n";
}

// There is no client of the Instance API for Node: the same endpoint takes OpenAPI with an
// AccessKey.
std::string node(const Needed& n) {
  return "// npm install @alicloud/pop-core\n"
         "// No client for Node takes a client key: this one signs with an AccessKey.\n"
         "const fs = require('fs');\n"
         "const https = require('https');\n"
         "const Core = require('@alicloud/pop-core');\n"
         "const client = new Core({\n"
         "  endpoint: 'https://' + " +
         json_text(n.host) +
         ", apiVersion: '2016-01-20',\n"
         "  opts: { agent: new https.Agent({ ca: fs.readFileSync(" +
         json_text(n.ca_file) +
         ") }) },\n"
         "  accessKeyId: process.env.ALIBABA_CLOUD_ACCESS_KEY_ID,\n"
         "  accessKeySecret: process.env.ALIBABA_CLOUD_ACCESS_KEY_SECRET });\n"
         "client.request('GetSecretValue', { SecretName: " +
         json_text(n.secret) + " })\n  .then((answer) => console.log(answer.SecretData));\n";
}

}  // namespace

std::optional<std::string> instance_of(Session& session, const std::string& given) {
  if (!given.empty()) return given;
  if (std::string set = environment(kInstanceVariable); !set.empty()) return set;
  const auto answer = session.call("find the default instance", {"GetDefaultKmsInstance", {}});
  if (!answer) return std::nullopt;
  return std::string(answer->json.root()["DefaultKmsInstanceId"].text());
}

int ca_show(Session& session, const InstanceClientOptions& options) {
  const auto chain = chain_of(session, options.instance);
  if (!chain) return session.exit_code();
  return session.print_answer(chain->answer, chain->pem, chain->pem);
}

int ca_install(Session& session, const InstanceClientOptions& options) {
  const auto chain = chain_of(session, options.instance);
  if (!chain) return session.exit_code();
  const std::string path = options.directory + "/PrivateKmsCA_" + chain->instance + ".crt";
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << chain->pem;
  file.close();
  if (!file) {
    return session.misused("the CA certificate was not written", path + " cannot be written",
                           "strongroom ca install --directory DIRECTORY");
  }
  const bool told = print("wrote " + path +
                          "\nNow run update-ca-certificates, or name the file in the client's own "
                          "setting.\n");
  return told ? kOk : kError;
}

int sdk_snippet(Session& session, const InstanceClientOptions& options) {
  const auto id = instance_of(session, options.instance);
  if (!id) return session.exit_code();
  Needed needed{.host = options.host, .ca_file = options.ca_file, .secret = options.secret};
  if (*id == environment(kInstanceVariable)) {
    if (needed.host.empty()) needed.host = environment("STRONGROOM_INSTANCE_ENDPOINT");
    if (needed.ca_file.empty()) needed.ca_file = environment("STRONGROOM_INSTANCE_CA_FILE");
  }
  if (needed.host.empty()) needed.host = *id + std::string(kHostSuffix);
  // The Python client checks names only; and what is listened on is no address to connect to.
  for (const std::string_view here : {"127.0.0.1:", "0.0.0.0:", "[::1]:", "[::]:"}) {
    if (needed.host.starts_with(here)) needed.host.replace(0, here.size() - 1, "localhost");
  }
  if (needed.ca_file.empty()) needed.ca_file = "PrivateKmsCA_" + *id + ".pem";
  std::string text = python(needed);
  if (options.language == "java") text = java(needed);
  if (options.language == "go") text = go(needed);
  if (options.language == "node") text = node(needed);
  return print(text) ? kOk : kError;
}

}  // namespace strongroom::cli
