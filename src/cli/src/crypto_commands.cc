#include <fstream>
#include <iostream>
#include <iterator>

#include "key_commands.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/secret_digest.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;

void add(ApiCall& call, std::string name, const std::string& value) {
  if (!value.empty()) call.parameters.push_back({std::move(name), value});
}

Result<SecretBytes> input_of(const CryptoOptions& options) {
  return options.file.empty() ? read_standard_input() : read_value_file(options.file);
}

/// Text that is not secret, without the blanks and newlines that editors add.
std::string base64_input(const CryptoOptions& options) {
  std::ifstream file;
  if (!options.file.empty()) file.open(options.file, std::ios::binary);
  std::istream& in = options.file.empty() ? std::cin : file;
  std::string text(std::istreambuf_iterator<char>(in), {});
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  return text;
}

int no_input(Session& session, const Error& error) {
  return session.failed(explain("there is nothing to work on", error), kUsage);
}

/// The version given, or the newest; nothing after a failure that was shown.
std::optional<std::string> version_of(Session& session, const CryptoOptions& options) {
  if (!options.version.empty()) return options.version;
  const auto answer =
      session.call("list the versions of key \"" + options.key + "\"",
                   {"ListKeyVersions", {{"KeyId", options.key}, {"PageSize", "100"}}});
  if (!answer) return std::nullopt;
  const auto& versions = answer->json.root()["KeyVersions"]["KeyVersion"].items();
  if (versions.empty()) return std::string();
  return std::string(versions.back()["KeyVersionId"].text());
}

/// SHA-256 of the input, as Base64: what RSA and ECDSA sign.
Result<std::string> digest_of(const CryptoOptions& options) {
  SR_TRY(const SecretBytes input, input_of(options));
  return base64_encode(crypto::sha256_of(input));
}

}  // namespace

int crypto_encrypt(Session& session, const CryptoOptions& options) {
  const auto plaintext = input_of(options);
  if (!plaintext) return no_input(session, plaintext.error());
  ApiCall call{"Encrypt", {{"KeyId", options.key}}};
  call.parameters.push_back({"Plaintext", "", &*plaintext});
  add(call, "EncryptionContext", options.context);
  const auto answer = session.call("encrypt under key \"" + options.key + "\"", call);
  if (!answer) return session.exit_code();
  const std::string blob(answer->json.root()["CiphertextBlob"].text());
  return session.print_answer(*answer, blob + "\n", blob);
}

int crypto_decrypt(Session& session, const CryptoOptions& options) {
  const std::string blob = base64_input(options);
  if (blob.empty()) {
    return session.misused("there is nothing to decrypt", "the input is empty",
                           "strongroom crypto decrypt --file FILE");
  }
  ApiCall call{"Decrypt", {{"CiphertextBlob", blob}}};
  add(call, "EncryptionContext", options.context);
  const auto answer = session.call("decrypt", call);
  if (!answer) return session.exit_code();
  if (stdout_is_terminal() && !options.reveal) {
    return session.misused("the text is not shown on a terminal", "somebody may be looking on",
                           "give --reveal, or send it into a pipe or a file");
  }
  return print(answer->json.root()["Plaintext"].text()) ? kOk : kError;
}

int crypto_data_key(Session& session, const CryptoOptions& options) {
  ApiCall call{options.reveal ? "GenerateDataKey" : "GenerateDataKeyWithoutPlaintext",
               {{"KeyId", options.key}, {"NumberOfBytes", std::to_string(options.bytes)}}};
  add(call, "EncryptionContext", options.context);
  const auto answer = session.call("make a data key under \"" + options.key + "\"", call);
  if (!answer) return session.exit_code();
  const auto& root = answer->json.root();
  const std::string blob(root["CiphertextBlob"].text());
  if (!options.reveal) return session.print_answer(*answer, blob + "\n", blob);
  std::string shown;
  shown.reserve(blob.size() + root["Plaintext"].text().size() + 64);
  shown.append("CiphertextBlob  ").append(blob).append("\nPlaintext       ");
  shown.append(root["Plaintext"].text()).append("\n");
  return Session::print_wiped(std::move(shown));
}

int crypto_sign(Session& session, const CryptoOptions& options) {
  const auto digest = digest_of(options);
  if (!digest) return no_input(session, digest.error());
  const auto version = version_of(session, options);
  if (!version) return session.exit_code();
  const auto answer =
      session.call("sign with key \"" + options.key + "\"", {"AsymmetricSign",
                                                             {{"KeyId", options.key},
                                                              {"KeyVersionId", *version},
                                                              {"Algorithm", options.algorithm},
                                                              {"Digest", *digest}}});
  if (!answer) return session.exit_code();
  const std::string value(answer->json.root()["Value"].text());
  return session.print_answer(*answer, value + "\n", value);
}

int crypto_verify(Session& session, const CryptoOptions& options) {
  const auto digest = digest_of(options);
  if (!digest) return no_input(session, digest.error());
  const auto version = version_of(session, options);
  if (!version) return session.exit_code();
  const auto answer =
      session.call("verify with key \"" + options.key + "\"", {"AsymmetricVerify",
                                                               {{"KeyId", options.key},
                                                                {"KeyVersionId", *version},
                                                                {"Algorithm", options.algorithm},
                                                                {"Digest", *digest},
                                                                {"Value", options.signature}}});
  if (!answer) return session.exit_code();
  const bool valid = answer->json.root()["Value"].text() == "true";
  session.print_answer(*answer, valid ? "valid\n" : "NOT valid\n", valid ? "true" : "false");
  return valid ? kOk : kVerification;
}

}  // namespace strongroom::cli
