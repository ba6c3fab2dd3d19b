#pragma once
// The row of one version: u16 format 1 | u32 length, the data key sealed under the key version |
// u32 length, the value sealed under the data key (docs/formats/record.md). Pure.

#include <string>
#include <string_view>

#include "strongroom/base/result.h"

namespace strongroom::secrets {

struct VersionRow {
  std::string_view data_key;  // suite 1 blobs
  std::string_view value;
};

std::string encode_row(const VersionRow& row);
/// Views into `bytes`. kCorrupt for any other form.
Result<VersionRow> parse_row(std::string_view bytes);

}  // namespace strongroom::secrets
