#include "strongroom/barrier/aad.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>

namespace strongroom::barrier {
namespace {

constexpr std::string_view kMagic = "SRREC1";
constexpr std::size_t kFields = 10;
constexpr std::size_t kFixedBytes = kFields * 6 + kMagic.size() + 1 + 16 + 8 + 16 + 8;

// Writes fields one behind the other into memory that has room for all of them: an AAD is made for
// every read.
class FieldSink {
 public:
  explicit FieldSink(char* to) : to_(to) {}

  void field(std::uint16_t number, std::string_view bytes) {
    put(number);
    put(static_cast<std::uint32_t>(bytes.size()));
    to_ = std::copy(bytes.begin(), bytes.end(), to_);
  }
  void field(std::uint16_t number, std::uint64_t value) {
    put(number);
    put(std::uint32_t{sizeof value});
    put(value);
  }
  const char* end() const { return to_; }

 private:
  template <class Integer>
  void put(Integer value) {
    static_assert(std::endian::native == std::endian::little);
    const Integer big_endian = std::byteswap(value);
    std::memcpy(to_, &big_endian, sizeof big_endian);
    to_ += sizeof big_endian;
  }

  char* to_;
};

}  // namespace

void append_aad(std::string& out, const Binding& binding) {
  const std::size_t before = out.size();
  const std::size_t needed = before + kFixedBytes + binding.name.size() +
                             binding.version_id.size() + binding.field.size() +
                             binding.wrapping_key.size();
  const char type = static_cast<char>(binding.record_type);
  out.resize_and_overwrite(needed, [&](char* bytes, std::size_t) {
    FieldSink sink(bytes + before);
    sink.field(1, kMagic);
    sink.field(2, std::string_view(&type, 1));
    sink.field(3, binding.cluster.bytes());
    sink.field(4, binding.account.number());
    sink.field(5, binding.resource.bytes());
    sink.field(6, binding.name);
    sink.field(7, binding.version_id);
    sink.field(8, binding.field);
    sink.field(9, binding.rev);
    sink.field(10, binding.wrapping_key);
    return static_cast<std::size_t>(sink.end() - bytes);
  });
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
