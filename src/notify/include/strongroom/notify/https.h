#pragma once
// One POST over TLS, for notices and exports. Blocks; thread-safe.

#include <string>
#include <string_view>
#include <vector>

#include "strongroom/base/result.h"
#include "strongroom/dial/connection.h"

namespace strongroom::notify {

struct CourierOptions {
  std::string ca_file{};                     // instead of the system's
  std::vector<std::string> private_hosts{};  // hosts that may have private addresses
};

/// How `host` may be reached under these options: only public addresses unless it is named.
dial::Options dial_options(std::string_view host, const CourierOptions& options);

struct Post {
  std::string_view content_type = "application/json";
  std::string_view fields{};  // whole header lines with their line ends
  std::string_view body{};
};
/// The whole answer, whatever its status; kUnavailable if there is none. Follows no redirect.
Result<std::string> exchange_https(const std::string& url, const Post& post,
                                   const CourierOptions& options);
/// The whole answer of a 2xx; kUnavailable (NoticeRefused) with its first line otherwise. Follows
/// no redirect.
Result<std::string> post_https(const std::string& url, const Post& post,
                               const CourierOptions& options);

}  // namespace strongroom::notify
