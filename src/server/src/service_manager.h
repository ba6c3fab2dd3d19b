#pragma once
// Telling the service manager how far this process is (sd_notify(3)), if one asked for it.

#include <string_view>

namespace strongroom::server {

/// "READY=1", "STOPPING=1". Says nothing if NOTIFY_SOCKET is not set or nobody listens there.
void tell_service_manager(std::string_view state);

}  // namespace strongroom::server
