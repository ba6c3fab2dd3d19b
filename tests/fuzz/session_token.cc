// SecurityTokens: any bytes are refused or opened, and only what was sealed opens. Input: a token,
// or, after a first byte of 1, positions and values to change in a good one.

#include <string>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/identity/sessions.h"
#include "strongroom/test/reveal.h"

namespace {

using namespace strongroom;

struct Issued {
  SystemRandom random;
  identity::Sessions sessions{test::secret(std::string(32, 'k')), random};
  std::string token = sessions
                          .issue({.account = AccountId(1'000'000'000'000'001),
                                  .role_id = "300000000000000001",
                                  .role_name = "app",
                                  .name = "job",
                                  .policy = R"({"Version":"1"})",
                                  .issued = {1},
                                  .expires = {2}})
                          ->security_token;
};

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const Issued issued;
  const std::string_view input = fuzz::text_of(data, size);
  if (!input.starts_with('\1')) {
    SR_CHECK(!issued.sessions.open(input) || input == issued.token);
    return 0;
  }
  std::string token = issued.token;
  for (std::size_t i = 1; i + 2 < input.size(); i += 3) {
    const std::size_t at =
        static_cast<std::uint8_t>(input[i]) * 256U + static_cast<std::uint8_t>(input[i + 1]);
    token[at % token.size()] = input[i + 2];
  }
  const auto opened = issued.sessions.open(token);
  SR_CHECK(opened.has_value() == (token == issued.token));
  return 0;
}
