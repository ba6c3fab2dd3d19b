#include "version_row.h"

#include <gtest/gtest.h>

namespace strongroom::secrets {
namespace {

TEST(VersionRow, RoundTripAndEveryTruncation) {
  const std::string bytes = encode_row({"data key blob", "value blob"});
  const auto row = parse_row(bytes);
  ASSERT_TRUE(row);
  EXPECT_EQ(row->data_key, "data key blob");
  EXPECT_EQ(row->value, "value blob");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(parse_row(std::string_view(bytes).substr(0, size))) << size;
  }
  EXPECT_FALSE(parse_row(bytes + "x"));
  std::string other = bytes;
  other[1] = 2;
  EXPECT_FALSE(parse_row(other));
  other = bytes;
  other[2] = '\xFF';  // a length far past the end
  EXPECT_FALSE(parse_row(other));
}

}  // namespace
}  // namespace strongroom::secrets
