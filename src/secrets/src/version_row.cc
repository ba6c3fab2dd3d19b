#include "version_row.h"

#include "strongroom/base/bytes.h"

namespace strongroom::secrets {
namespace {

constexpr std::uint16_t kFormat = 1;

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "CorruptRecord",
              "A secret version's row does not have its form.");
}

}  // namespace

std::string encode_row(const VersionRow& row) {
  std::string out;
  out.reserve(10 + row.data_key.size() + row.value.size());
  append_u16(out, kFormat);
  append_u32(out, static_cast<std::uint32_t>(row.data_key.size()));
  out.append(row.data_key);
  append_u32(out, static_cast<std::uint32_t>(row.value.size()));
  out.append(row.value);
  return out;
}

Result<VersionRow> parse_row(std::string_view bytes) {
  if (bytes.size() < 10 || load_u16(bytes.data()) != kFormat) return corrupt();
  bytes.remove_prefix(2);
  const std::size_t data_key_size = load_u32(bytes.data());
  bytes.remove_prefix(4);
  if (bytes.size() < data_key_size + 4) return corrupt();
  VersionRow row;
  row.data_key = bytes.substr(0, data_key_size);
  bytes.remove_prefix(data_key_size);
  if (load_u32(bytes.data()) != bytes.size() - 4) return corrupt();
  row.value = bytes.substr(4);
  return row;
}

}  // namespace strongroom::secrets
