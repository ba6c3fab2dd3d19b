// `strongroom inspect FILE`: what a public file of this world is. Private keys and values are not
// read into anything that prints.

#include <fstream>
#include <sstream>

#include "key_commands.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/ids.h"
#include "strongroom/client/json.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/certificate_text.h"
#include "strongroom/crypto/client_key.h"
#include "strongroom/crypto/digest.h"
#include "terminal.h"

namespace strongroom::cli {
namespace {

using Rows = std::vector<std::pair<std::string, std::string>>;

constexpr std::size_t kFileBytesMax = 256U << 10;
constexpr std::size_t kVersionIdChars = 36;
constexpr std::size_t kIvBytes = 12;
constexpr std::size_t kTagBytes = 16;

std::string_view kind_text(crypto::KeyKind kind) {
  switch (kind) {
    case crypto::KeyKind::kRsa2048:
      return "RSA_2048";
    case crypto::KeyKind::kRsa3072:
      return "RSA_3072";
    case crypto::KeyKind::kRsa4096:
      return "RSA_4096";
    case crypto::KeyKind::kEcP256:
      return "EC_P256";
    case crypto::KeyKind::kEcP256k:
      return "EC_P256K";
    case crypto::KeyKind::kEcSm2:
      return "EC_SM2";
  }
  return "unknown";
}

std::optional<Rows> as_public_key(const std::string& text) {
  const auto key = crypto::PublicKey::from_pem(text);
  if (!key) return std::nullopt;
  return Rows{{"What", "public key"},
              {"Spec", std::string(kind_text(key->kind()))},
              {"SHA-256", hex_encode(crypto::sha256(as_bytes(key->spki())))}};
}

std::optional<Rows> as_certificate(const std::string& text) {
  const auto found = crypto::read_certificate(text);
  if (!found) return std::nullopt;
  std::string names;
  for (const auto& name : found->dns_names) names += (names.empty() ? "" : ", ") + name;
  return Rows{{"What", "certificate"},
              {"Subject", found->subject},
              {"Issuer", found->issuer},
              {"Serial", found->serial},
              {"Not before", found->not_before},
              {"Not after", found->not_after},
              {"Key", found->key},
              {"Names", names},
              {"SHA-256", found->sha256}};
}

/// The file that an application signs with. Of what is inside, the certificate is shown and never
/// the private key. `closed`: why the password did not open it.
std::optional<Rows> as_client_key(const std::string& text, const std::string& password_file,
                                  std::string& closed) {
  const auto bytes = SecretBytes::copy_of(as_bytes(text));
  if (!bytes) return std::nullopt;
  const auto json = client::Json::parse(*bytes, bytes->size());
  if (!json) return std::nullopt;
  const client::Value& root = json->root();
  const auto file = base64_decode(root["PrivateKeyData"].text());
  if (root["KeyId"].text().empty() || !file) return std::nullopt;
  Rows rows{{"What", "client key file"},
            {"KeyId", std::string(root["KeyId"].text())},
            {"PKCS#12", std::to_string(file->size()) + " bytes"}};
  if (password_file.empty()) {
    rows.emplace_back("Certificate", "sealed; --password-file opens it");
    return rows;
  }
  const auto password = read_value_file(password_file);
  if (!password) {
    closed = password.error().message();
    return rows;
  }
  const auto opened = crypto::open_client_key(as_bytes(*file), *password);
  if (!opened) {
    closed = opened.error().message();
    return rows;
  }
  rows.emplace_back("Key SHA-256", hex_encode(opened->fingerprint));
  const auto certificate = as_certificate(opened->certificate_pem);
  if (certificate) rows.insert(rows.end(), certificate->begin() + 1, certificate->end());
  return rows;
}

/// The blob of Encrypt, as Base64: key version id, IV, ciphertext and tag (docs/formats/key.md).
std::optional<Rows> as_blob(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
  auto bytes = base64_decode(text);
  if (!bytes) return std::nullopt;
  std::string_view blob = *bytes;
  const bool advance = blob.starts_with(std::string_view("\x24\x00\x02", 3));
  if (advance) blob.remove_prefix(3);
  if (blob.size() < kVersionIdChars + kIvBytes + kTagBytes) return std::nullopt;
  if (!Uuid::parse(blob.substr(0, kVersionIdChars))) return std::nullopt;
  const std::string_view sealed = blob.substr(kVersionIdChars + kIvBytes);
  const bool salted = sealed.starts_with(std::string_view("SRMK\x01", 5));
  return Rows{{"What", advance ? "ciphertext of AdvanceEncrypt" : "ciphertext of Encrypt"},
              {"Key version", std::string(blob.substr(0, kVersionIdChars))},
              {"IV", hex_encode(as_bytes(blob.substr(kVersionIdChars, kIvBytes)))},
              {"Form", salted ? "a key of its own for this message" : "under the key itself"},
              {"Bytes", std::to_string(sealed.size())}};
}

}  // namespace

int inspect(Session& session, const InspectOptions& options) {
  std::ifstream file(options.path, std::ios::binary);
  std::string text(kFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.empty() || text.size() > kFileBytesMax) {
    return session.misused("there is nothing to look at in " + options.path,
                           "the file cannot be read, is empty, or has more than 256 KiB",
                           "strongroom inspect FILE");
  }
  auto rows = as_public_key(text);
  if (!rows) rows = as_certificate(text);
  std::string closed;
  if (!rows) rows = as_client_key(text, options.password_file, closed);
  if (!closed.empty()) {
    return session.failed(Failure{"cannot open the client key file", closed,
                                  "give the file that came with it: --password-file "
                                  "clientKey_<id>_Password.txt",
                                  "strongroom inspect --help"},
                          kError);
  }
  if (!rows) rows = as_blob(text);
  if (rows) return print(pairs(*rows)) ? kOk : kError;
  return session.misused("this is nothing that inspect knows",
                         "it knows public keys and certificates in PEM, client key files, and the "
                         "Base64 text of a CiphertextBlob",
                         "strongroom inspect FILE");
}

}  // namespace strongroom::cli
