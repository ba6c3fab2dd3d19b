#include "openssh.h"

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/connector/ssh_line.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/ssh_public.h"

namespace strongroom::rotation {
namespace {

constexpr std::string_view kOpensshBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
constexpr std::string_view kPemLabel = "PRIVATE KEY-----";

void append_block(std::string& out, std::string_view block) {
  append_u32(out, static_cast<std::uint32_t>(block.size()));
  out += block;
}

Result<SecretBytes> pem_of(const SecretBytes& pkcs8) {
  constexpr std::size_t kColumns = 64;
  std::string base64 = base64_encode(RotationReveal::view(pkcs8));
  std::string pem;
  pem.reserve(base64.size() + base64.size() / kColumns + 80);
  pem += "-----BEGIN PRIVATE KEY-----\n";
  for (std::size_t at = 0; at < base64.size(); at += kColumns) {
    pem.append(base64, at, kColumns);
    pem += '\n';
  }
  pem += "-----END PRIVATE KEY-----\n";
  const auto writable = [](std::string& text) {
    return std::span(reinterpret_cast<std::uint8_t*>(text.data()), text.size());
  };
  SR_CHECK_OK(SecretBytes::take(writable(base64)));  // wipes it
  return SecretBytes::take(writable(pem));
}

// PROTOCOL.key: a mark, "none" for cipher and derivation, no options, one key, its public half. The
// last one or two bytes of that share a group of Base64 with what is secret, and are left out.
bool begins_with(std::string_view openssh, const connector::SshPublicKey& key) {
  std::string front("openssh-key-v1\0", 15);
  for (const std::string_view none : {"none", "none", ""}) append_block(front, none);
  append_u32(front, 1);
  append_block(front, key.blob);
  front.resize(front.size() / 3 * 3);
  const std::string expected = base64_encode(as_bytes(front));
  std::size_t seen = 0;
  for (const char c : openssh) {
    if (seen == expected.size()) break;
    if (c == '\n' || c == '\r') continue;
    if (c != expected[seen++]) return false;
  }
  return seen == expected.size();
}

}  // namespace

bool is_ssh_pair(std::string_view line, const SecretBytes& private_key) {
  const auto key = connector::read_ssh_line(line);
  if (!key) return false;
  const std::string_view pem = as_chars(RotationReveal::view(private_key));
  const std::size_t begin = pem.find(kOpensshBegin);
  if (begin != std::string_view::npos)
    return begins_with(pem.substr(begin + kOpensshBegin.size()), *key);
  if (!pem.contains(kPemLabel)) return true;
  const auto blob = crypto::ssh_public_blob(private_key);
  return blob && *blob == key->blob;
}

Result<connector::Credential> new_ssh_key(std::string_view account) {
  SR_TRY(const crypto::PrivateKey key, crypto::PrivateKey::generate(crypto::KeyKind::kRsa2048));
  SR_TRY(const SecretBytes pkcs8, key.to_pkcs8());
  SR_TRY(SecretBytes pem, pem_of(pkcs8));
  SR_TRY(const std::string blob, crypto::ssh_public_blob(pem));
  std::string line = "ssh-rsa " + base64_encode(as_bytes(blob));
  return connector::Credential{std::string(account), std::move(line), std::move(pem)};
}

}  // namespace strongroom::rotation
