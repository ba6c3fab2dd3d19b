#pragma once
// The secret that a development server starts with.

#include <string_view>

namespace strongroom::server {

inline constexpr std::string_view kSampleSecretName = "MyDbCreds";
inline constexpr std::string_view kSampleSecretData =
    R"({"AccountName":"app","AccountPassword":"sample-value-of-a-development-server"})";

}  // namespace strongroom::server
