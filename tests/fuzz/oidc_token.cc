// OIDC tokens, key sets and discovery documents. Input: the text, tried as each of them.

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/base/limits.h"
#include "strongroom/oidc/issuers.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom;
  const std::string_view text = fuzz::text_of(data, size);
  const auto token = oidc::parse_token(text);
  if (token) {
    SR_CHECK(text.size() <= limits::kOidcTokenBytesMax);
    SR_CHECK(!token->audiences.empty());
    SR_CHECK(text.starts_with(token->signed_part));
  }
  const auto keys = oidc::KeySet::parse(text);
  if (keys && token) SR_CHECK(!keys->verifies(*token));
  static_cast<void>(oidc::parse_discovery(text));
  const auto url = oidc::Url::parse(text);
  if (url) SR_CHECK(text.starts_with("https://") && !url->host.empty() && url->port != 0);
  return 0;
}
