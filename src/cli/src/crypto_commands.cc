#include <optional>
#include <string>

#include "key_commands.h"
#include "strongroom/base/bytes.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/secret_digest.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using client::ApiCall;

Result<SecretBytes> input_of(const CryptoOptions& options) {
  return options.file.empty() ? read_standard_input() : read_value_file(options.file);
}

int no_input(Session& session, const Error& error) {
  return session.failed(explain("there is nothing to work on", error), kUsage);
}

/// A ciphertext, without the blanks and newlines that editors add. Nothing after a failure that was
/// shown.
std::optional<std::string> blob_input(Session& session, const CryptoOptions& options) {
  const auto input = input_of(options);
  if (!input) {
    no_input(session, input.error());
    return std::nullopt;
  }
  std::string text;
  append_revealed(text, *input);
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  return text;
}

/// The input as Base64, which is as secret.
Result<SecretBytes> base64_of(const SecretBytes& input) {
  std::string bytes;
  append_revealed(bytes, input);
  std::string text = base64_encode(as_bytes(bytes));
  SR_CHECK_OK(SecretBytes::take({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return SecretBytes::take({reinterpret_cast<std::uint8_t*>(text.data()), text.size()});
}

/// What SM2 signs: the key's own digest of the message. Nothing after a failure that was shown.
std::optional<std::string> sm2_digest(Session& session, const ApiCall& of_key,
                                      const SecretBytes& message) {
  const auto answer = session.call("get the public key", of_key);
  if (!answer) return std::nullopt;
  const auto key = crypto::PublicKey::from_pem(answer->json.root()["PublicKey"].text());
  std::string bytes;
  append_revealed(bytes, message);
  const auto digest = key ? key->sm2_digest(as_bytes(bytes)) : std::unexpected(key.error());
  const auto wiped =
      SecretBytes::take({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()});
  if (digest && wiped) return base64_encode(as_bytes(*digest));
  session.failed("the digest could not be made", digest ? wiped.error() : digest.error());
  return std::nullopt;
}

/// The call that signs or verifies the input, but for its value; nothing after a failure that was
/// shown.
std::optional<ApiCall> call_on_digest(Session& session, const char* action,
                                      const CryptoOptions& options) {
  const auto input = input_of(options);
  if (!input) {
    no_input(session, input.error());
    return std::nullopt;
  }
  const auto version = version_of(session, options.key, options.version);
  if (!version) return std::nullopt;
  ApiCall call{action, {{"KeyId", options.key}, {"KeyVersionId", *version}}};
  std::optional<std::string> digest = base64_encode(crypto::sha256_of(*input));
  if (options.algorithm == "SM2DSA") {
    ApiCall public_key = call;
    public_key.action = "GetPublicKey";
    digest = sm2_digest(session, public_key, *input);
  }
  if (!digest) return std::nullopt;
  add(call, "Algorithm", options.algorithm);
  add(call, "Digest", *digest);
  return call;
}

int print_blob(Session& session, const client::Answer& answer, const char* field) {
  const std::string text(answer.json.root()[field].text());
  return session.print_answer(answer, text + "\n", text);
}

int encrypt_with_pair(Session& session, const CryptoOptions& options,
                      const SecretBytes& plaintext) {
  const auto text = base64_of(plaintext);
  if (!text) return no_input(session, text.error());
  const auto version = version_of(session, options.key, options.version);
  if (!version) return session.exit_code();
  ApiCall call{
      "AsymmetricEncrypt",
      {{"KeyId", options.key}, {"KeyVersionId", *version}, {"Algorithm", options.algorithm}}};
  call.parameters.push_back({"Plaintext", "", &*text});
  const auto answer = session.call("encrypt with key \"" + options.key + "\"", call);
  return answer ? print_blob(session, *answer, "CiphertextBlob") : session.exit_code();
}

int print_text(Session& session, const CryptoOptions& options, std::string text) {
  if (stdout_is_terminal() && !options.reveal) {
    return session.misused("the text is not shown on a terminal", "somebody may be looking on",
                           "give --reveal, or send it into a pipe or a file");
  }
  return Session::print_wiped(std::move(text));
}

int decrypt_with_pair(Session& session, const CryptoOptions& options, const std::string& blob) {
  if (options.algorithm.empty()) {
    return session.misused("a key pair needs an algorithm", "--key was given without --algorithm",
                           "--algorithm RSAES_OAEP_SHA_256");
  }
  const auto version = version_of(session, options.key, options.version);
  if (!version) return session.exit_code();
  const auto answer =
      session.call("decrypt with key \"" + options.key + "\"", {"AsymmetricDecrypt",
                                                                {{"KeyId", options.key},
                                                                 {"KeyVersionId", *version},
                                                                 {"Algorithm", options.algorithm},
                                                                 {"CiphertextBlob", blob}}});
  if (!answer) return session.exit_code();
  auto text = base64_decode(answer->json.root()["Plaintext"].text());
  return print_text(session, options, text ? std::move(*text) : std::string());
}

/// The call on the MAC of the input; nothing after a failure that was shown. `message` keeps what
/// the call refers to.
std::optional<ApiCall> call_on_mac(Session& session, const char* action,
                                   const CryptoOptions& options, SecretBytes& message) {
  const auto input = input_of(options);
  auto text = input ? base64_of(*input) : std::unexpected(input.error());
  if (!text) {
    no_input(session, text.error());
    return std::nullopt;
  }
  message = std::move(*text);
  const auto answer =
      session.call("read key \"" + options.key + "\"", {"DescribeKey", {{"KeyId", options.key}}});
  if (!answer) return std::nullopt;
  ApiCall call{action, {{"KeyId", options.key}}};
  add(call, "Algorithm", std::string(answer->json.root()["KeyMetadata"]["KeySpec"].text()));
  call.parameters.push_back({"Message", "", &message});
  return call;
}

int print_verdict(Session& session, const client::Answer& answer) {
  const bool valid = answer.json.root()["Value"].text() == "true";
  session.print_answer(answer, valid ? "valid\n" : "NOT valid\n", valid ? "true" : "false");
  return valid ? kOk : kVerification;
}

}  // namespace

int crypto_encrypt(Session& session, const CryptoOptions& options) {
  const auto plaintext = input_of(options);
  if (!plaintext) return no_input(session, plaintext.error());
  if (!options.algorithm.empty()) return encrypt_with_pair(session, options, *plaintext);
  ApiCall call{"Encrypt", {{"KeyId", options.key}}};
  call.parameters.push_back({"Plaintext", "", &*plaintext});
  add(call, "EncryptionContext", options.context);
  const auto answer = session.call("encrypt under key \"" + options.key + "\"", call);
  return answer ? print_blob(session, *answer, "CiphertextBlob") : session.exit_code();
}

int crypto_decrypt(Session& session, const CryptoOptions& options) {
  const auto blob = blob_input(session, options);
  if (!blob) return session.exit_code();
  if (!options.key.empty()) return decrypt_with_pair(session, options, *blob);
  ApiCall call{"Decrypt", {{"CiphertextBlob", *blob}}};
  add(call, "EncryptionContext", options.context);
  const auto answer = session.call("decrypt", call);
  if (!answer) return session.exit_code();
  return print_text(session, options, std::string(answer->json.root()["Plaintext"].text()));
}

int crypto_reencrypt(Session& session, const CryptoOptions& options) {
  const auto blob = blob_input(session, options);
  if (!blob) return session.exit_code();
  ApiCall call{"ReEncrypt", {{"CiphertextBlob", *blob}, {"DestinationKeyId", options.key}}};
  if (options.source.empty() != options.algorithm.empty()) {
    return session.misused("a ciphertext of a key pair needs its key and its algorithm",
                           "only one of them was given",
                           "--from KEY --algorithm RSAES_OAEP_SHA_256");
  }
  if (!options.source.empty()) {
    const auto version = version_of(session, options.source, options.version);
    if (!version) return session.exit_code();
    add(call, "SourceKeyId", options.source);
    add(call, "SourceKeyVersionId", *version);
    add(call, "SourceEncryptionAlgorithm", options.algorithm);
  }
  add(call, "SourceEncryptionContext", options.context);
  add(call, "DestinationEncryptionContext", options.new_context);
  const auto answer = session.call("encrypt anew under key \"" + options.key + "\"", call);
  return answer ? print_blob(session, *answer, "CiphertextBlob") : session.exit_code();
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
  const auto call = call_on_digest(session, "AsymmetricSign", options);
  if (!call) return session.exit_code();
  const auto answer = session.call("sign with key \"" + options.key + "\"", *call);
  return answer ? print_blob(session, *answer, "Value") : session.exit_code();
}

int crypto_verify(Session& session, const CryptoOptions& options) {
  auto call = call_on_digest(session, "AsymmetricVerify", options);
  if (!call) return session.exit_code();
  add(*call, "Value", options.signature);
  const auto answer = session.call("verify with key \"" + options.key + "\"", *call);
  return answer ? print_verdict(session, *answer) : session.exit_code();
}

int crypto_mac(Session& session, const CryptoOptions& options) {
  SecretBytes message;
  const auto call = call_on_mac(session, "GenerateMac", options, message);
  if (!call) return session.exit_code();
  const auto answer = session.call("make the MAC with key \"" + options.key + "\"", *call);
  return answer ? print_blob(session, *answer, "Mac") : session.exit_code();
}

int crypto_verify_mac(Session& session, const CryptoOptions& options) {
  SecretBytes message;
  auto call = call_on_mac(session, "VerifyMac", options, message);
  if (!call) return session.exit_code();
  add(*call, "Mac", options.signature);
  const auto answer = session.call("verify with key \"" + options.key + "\"", *call);
  return answer ? print_verdict(session, *answer) : session.exit_code();
}

}  // namespace strongroom::cli
