#include "wildcards.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

#include "strongroom/policy/pattern.h"

namespace strongroom::service {
namespace {

TEST(Wildcards, MeetInSomeText) {
  constexpr std::array<std::array<const char*, 2>, 9> kMeet{{{"", ""},
                                                             {"*", ""},
                                                             {"a", "?"},
                                                             {"a*c", "*b*"},
                                                             {"?*", "*a"},
                                                             {"**", "*"},
                                                             {"acs:*", "*:secret/x"},
                                                             {"a*b*c", "a?c*bc"},
                                                             {"*a", "a*"}}};
  for (const auto& [a, b] : kMeet) {
    EXPECT_TRUE(can_both_match(a, b)) << a << " " << b;
    EXPECT_TRUE(can_both_match(b, a)) << b << " " << a;
  }
  constexpr std::array<std::array<const char*, 2>, 6> kApart{{{"", "a"},
                                                              {"?", ""},
                                                              {"a*", "b*"},
                                                              {"*:key/*", "acs:kms:secret"},
                                                              {"a?", "a"},
                                                              {"*a", "*b"}}};
  for (const auto& [a, b] : kApart) {
    EXPECT_FALSE(can_both_match(a, b)) << a << " " << b;
    EXPECT_FALSE(can_both_match(b, a)) << b << " " << a;
  }
}

TEST(Wildcards, ANameHasNoColon) {
  EXPECT_TRUE(can_both_match("acs:*:1:secret/*", "acs:kms:1:secret/*"));
  EXPECT_FALSE(can_both_match("acs:*:2:secret/*", "acs:kms:1:secret/*"));
}

std::vector<std::string> all_of(std::string_view letters, std::size_t longest) {
  std::vector<std::string> out{""};
  for (std::size_t from = 0; from < out.size() && out[from].size() < longest; ++from) {
    for (const char letter : letters) out.push_back(out[from] + letter);
  }
  return out;
}

// Against every text: of patterns of three characters the shortest common one has six at most.
TEST(Wildcards, AgreeWithWildcardMatch) {
  const std::vector<std::string> texts = all_of("ab", 6);
  const std::vector<std::string> patterns = all_of("ab*?", 3);
  for (const std::string& a : patterns) {
    for (const std::string& b : patterns) {
      bool meet = false;
      for (const std::string& text : texts) {
        meet = meet ||
               (policy::wildcard_match(a, text, false) && policy::wildcard_match(b, text, false));
      }
      EXPECT_EQ(can_both_match(a, b), meet) << a << " " << b;
    }
  }
}

}  // namespace
}  // namespace strongroom::service
