#pragma once
// A public key as SSH writes it in a line: "ssh-rsa AAAA… comment". Pure functions; any thread.

#include <optional>
#include <string>
#include <string_view>

namespace strongroom::connector {

struct SshPublicKey {
  std::string text;  // "ssh-rsa AAAA…", without the comment
  std::string blob;  // what the second word says (RFC 4253 §6.6): a row of strings
};

/// Nothing for what is no whole key: options in front, another line behind, Base64 that was cut
/// short (which would be the beginning of other people's lines too), a blob of another type.
std::optional<SshPublicKey> read_ssh_line(std::string_view line);

}  // namespace strongroom::connector
