#include "openssh.h"

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/connector/ssh_line.h"
#include "strongroom/crypto/asymmetric.h"

namespace strongroom::rotation {
namespace {

std::unexpected<Error> not_rsa() {
  return fail(ErrorKind::kInvalidInput, "NotRsa", "This is not a public RSA key.");
}

// The contents of the DER element at the front of `in`, which moves behind it.
Result<std::string_view> element(std::string_view& in, char tag) {
  if (in.size() < 2 || in[0] != tag) return not_rsa();
  std::size_t size = static_cast<std::uint8_t>(in[1]);
  std::size_t head = 2;
  if (size >= 0x80) {
    const std::size_t bytes = size & 0x7F;
    if (bytes == 0 || bytes > 2 || in.size() < 2 + bytes) return not_rsa();
    size = 0;
    for (std::size_t i = 0; i < bytes; ++i) size = size << 8 | static_cast<std::uint8_t>(in[2 + i]);
    head += bytes;
  }
  if (in.size() - head < size) return not_rsa();
  const std::string_view contents = in.substr(head, size);
  in.remove_prefix(head + size);
  return contents;
}

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

}  // namespace

// PROTOCOL.key: a mark, "none" for cipher and derivation, no options, one key, its public half. The
// last one or two bytes of that share a group of Base64 with what is secret, and are left out.
bool is_ssh_pair(std::string_view line, const SecretBytes& private_key) {
  constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----";
  const auto key = connector::read_ssh_line(line);
  if (!key) return false;
  std::string_view pem = as_chars(RotationReveal::view(private_key));
  const std::size_t begin = pem.find(kBegin);
  if (begin == std::string_view::npos) return true;
  std::string front("openssh-key-v1\0", 15);
  for (const std::string_view none : {"none", "none", ""}) append_block(front, none);
  append_u32(front, 1);
  append_block(front, key->blob);
  front.resize(front.size() / 3 * 3);
  const std::string expected = base64_encode(as_bytes(front));
  pem.remove_prefix(begin + kBegin.size());
  std::size_t seen = 0;
  for (const char c : pem) {
    if (seen == expected.size()) break;
    if (c == '\n' || c == '\r') continue;
    if (c != expected[seen++]) return false;
  }
  return seen == expected.size();
}

Result<std::string> openssh_line(std::string_view spki) {
  SR_TRY(std::string_view outer, element(spki, '\x30'));
  SR_CHECK_OK(element(outer, '\x30'));  // the algorithm
  SR_TRY(std::string_view bits, element(outer, '\x03'));
  if (bits.empty() || bits[0] != 0) return not_rsa();
  bits.remove_prefix(1);
  SR_TRY(std::string_view key, element(bits, '\x30'));
  SR_TRY(const std::string_view modulus, element(key, '\x02'));
  SR_TRY(const std::string_view exponent, element(key, '\x02'));
  std::string blob;
  append_block(blob, "ssh-rsa");
  append_block(blob, exponent);
  append_block(blob, modulus);
  return "ssh-rsa " + base64_encode(as_bytes(blob));
}

Result<connector::Credential> new_ssh_key(std::string_view account) {
  SR_TRY(const crypto::PrivateKey key, crypto::PrivateKey::generate(crypto::KeyKind::kRsa2048));
  SR_TRY(std::string line, openssh_line(key.public_key().spki()));
  SR_TRY(const SecretBytes pkcs8, key.to_pkcs8());
  SR_TRY(SecretBytes pem, pem_of(pkcs8));
  return connector::Credential{std::string(account), std::move(line), std::move(pem)};
}

}  // namespace strongroom::rotation
