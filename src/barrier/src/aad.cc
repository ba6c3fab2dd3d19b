#include "strongroom/barrier/aad.h"

#include "strongroom/base/bytes.h"

namespace strongroom::barrier {
namespace {

constexpr std::string_view kMagic = "SRREC1";
constexpr std::size_t kFields = 10;
constexpr std::size_t kFixedBytes = kFields * 6 + kMagic.size() + 1 + 16 + 8 + 16 + 8;

void append_field(std::string& out, std::uint16_t number, std::string_view bytes) {
  append_u16(out, number);
  append_u32(out, static_cast<std::uint32_t>(bytes.size()));
  out.append(bytes);
}

void append_number_field(std::string& out, std::uint16_t number, std::uint64_t value) {
  append_u16(out, number);
  append_u32(out, 8);
  append_u64(out, value);
}

}  // namespace

void append_aad(std::string& out, const Binding& binding) {
  const std::size_t needed = out.size() + kFixedBytes + binding.name.size() +
                             binding.version_id.size() + binding.field.size() +
                             binding.wrapping_key.size();
  if (out.capacity() < needed) out.reserve(needed);
  const char type = static_cast<char>(binding.record_type);
  append_field(out, 1, kMagic);
  append_field(out, 2, std::string_view(&type, 1));
  append_field(out, 3, binding.cluster.bytes());
  append_number_field(out, 4, binding.account.number());
  append_field(out, 5, binding.resource.bytes());
  append_field(out, 6, binding.name);
  append_field(out, 7, binding.version_id);
  append_field(out, 8, binding.field);
  append_number_field(out, 9, binding.rev);
  append_field(out, 10, binding.wrapping_key);
}

std::string aad(const Binding& binding) {
  std::string out;
  append_aad(out, binding);
  return out;
}

std::string data_key_aad(const DataKeyBinding& binding) {
  std::string wrapping(binding.key_id);
  wrapping.push_back('\0');
  wrapping.append(binding.key_version_id);
  return aad({.record_type = static_cast<std::uint8_t>(RecordType::kSecretVersion),
              .cluster = binding.cluster,
              .account = binding.account,
              .resource = binding.resource,
              .name = binding.secret_name,
              .version_id = binding.version_id,
              .field = "dek",
              .rev = 0,
              .wrapping_key = wrapping});
}

void append_value_aad(std::string& out, const ValueBinding& binding) {
  append_aad(out, {.record_type = static_cast<std::uint8_t>(RecordType::kSecretVersion),
                   .cluster = binding.cluster,
                   .account = binding.account,
                   .resource = binding.resource,
                   .name = binding.secret_name,
                   .version_id = binding.version_id,
                   .field = "value",
                   .rev = 0,
                   .wrapping_key = "dek"});
}

std::string value_aad(const ValueBinding& binding) {
  std::string out;
  append_value_aad(out, binding);
  return out;
}

}  // namespace strongroom::barrier
