#include <charconv>

#include "strongroom/dial/connection.h"

namespace strongroom::dial {
namespace {

std::unexpected<Error> invalid(std::string_view endpoint, std::string_view why) {
  return fail(ErrorKind::kInvalidInput, "InvalidEndpoint",
              "\"" + std::string(endpoint) + "\" is not an endpoint: " + std::string(why) +
                  ". Give host:port, for example 127.0.0.1:8443.");
}

}  // namespace

Result<Target> parse_target(std::string_view endpoint) {
  if (endpoint.empty()) return invalid(endpoint, "it is empty");
  if (endpoint.find("://") != std::string_view::npos) {
    return invalid(endpoint, "it has a scheme; leave https:// out");
  }
  if (endpoint.find_first_of("/?#@ \t") != std::string_view::npos) {
    return invalid(endpoint, "it holds more than host and port");
  }
  std::string_view host = endpoint;
  std::string_view port;
  if (endpoint.front() == '[') {
    const auto end = endpoint.find(']');
    if (end == std::string_view::npos) return invalid(endpoint, "the bracket is not closed");
    host = endpoint.substr(1, end - 1);
    port = endpoint.substr(end + 1);
    if (!port.empty() && port.front() != ':')
      return invalid(endpoint, "\":\" is missing after \"]\"");
    if (!port.empty()) port.remove_prefix(1);
  } else if (const auto colon = endpoint.rfind(':'); colon != std::string_view::npos) {
    if (endpoint.find(':') != colon) return invalid(endpoint, "an IPv6 address needs brackets");
    host = endpoint.substr(0, colon);
    port = endpoint.substr(colon + 1);
    if (port.empty()) return invalid(endpoint, "the port is missing");
  }
  if (host.empty()) return invalid(endpoint, "the host is missing");
  Target target{std::string(host), 443};
  if (!port.empty()) {
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), target.port);
    if (error != std::errc() || end != port.data() + port.size() || target.port == 0) {
      return invalid(endpoint, "the port is not a number from 1 to 65535");
    }
  }
  return target;
}

}  // namespace strongroom::dial
