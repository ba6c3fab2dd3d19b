#include "strongroom/dial/url.h"

#include <algorithm>

namespace strongroom::dial {

std::optional<HttpsUrl> parse_https_url(std::string_view text) {
  constexpr std::string_view kScheme = "https://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  const bool plain = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f; });
  if (!plain || text.find_first_of("@#\"\\") != std::string_view::npos) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const std::size_t end = std::min(text.find_first_of("/?"), text.size());
  auto target = parse_target(text.substr(0, end));
  if (!target) return std::nullopt;
  std::string path(text.substr(end));
  if (!path.starts_with('/')) path.insert(0, 1, '/');
  return HttpsUrl{.target = std::move(*target),
                  .authority = std::string(text.substr(0, end)),
                  .path = std::move(path)};
}

}  // namespace strongroom::dial
