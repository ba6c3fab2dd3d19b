#pragma once
// The little JSON that values of managed secrets are: flat objects of strings, or a list of them in
// one member. Read and written without a copy outside of SecretBytes, which a general parser makes.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/bytes.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::connector {

struct SecretMember {
  std::string name;
  SecretBytes value;
};
using SecretObject = std::vector<SecretMember>;

/// {"a":"…","b":"…"}, each name once. Nothing if `json` is anything else.
std::optional<SecretObject> read_object(const SecretBytes& json);
/// {"<list>":[{…},{…}]}, at most `max` objects.
std::optional<std::vector<SecretObject>> read_list(const SecretBytes& json, std::string_view list,
                                                   std::size_t max);
/// The member, or null.
SecretBytes* find(SecretObject& object, std::string_view name);

/// {"a":"…"} with members in the order given. kExhausted.
Result<SecretBytes> write_object(std::span<const std::pair<std::string_view, ByteView>> members);

}  // namespace strongroom::connector
