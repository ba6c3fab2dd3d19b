#include "strongroom/access/request_tags.h"

#include <algorithm>

namespace strongroom::access {
namespace {

constexpr std::string_view kTagging[] = {"kms:CreateKey",    "kms:CreateSecret", "kms:TagResource",
                                         "kms:TagResources", "ram:CreatePolicy", "ram:CreateRole",
                                         "ram:TagResources"};
static_assert(std::ranges::is_sorted(kTagging));

}  // namespace

bool sets_tags(std::string_view action) {
  return std::ranges::binary_search(kTagging, action);
}

}  // namespace strongroom::access
