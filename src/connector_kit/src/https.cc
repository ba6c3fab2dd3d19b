#include "strongroom/connector_kit/https.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "strongroom/base/ascii.h"
#include "strongroom/base/bytes.h"
#include "strongroom/dial/connection.h"

namespace strongroom::connector_kit {

namespace {

constexpr std::int64_t kConnectMillis = 5'000;
constexpr std::size_t kHeadBytesMax = 16U << 10;
constexpr std::size_t kStatusAt = 9;  // "HTTP/1.1 200 …"
constexpr std::size_t kStatusChars = 3;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

std::optional<std::size_t> number_of(std::string_view text) {
  std::size_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// How many bytes the answer has, once its head is there and says so.
std::optional<std::size_t> whole_size(std::string_view got) {
  const std::size_t end = got.find(kHeadEnd);
  if (end == std::string_view::npos) return std::nullopt;
  HttpAnswer head;
  head.fields = lowered(got.substr(0, end + 2));
  const auto length = number_of(head.field("content-length"));
  if (!length) return std::nullopt;
  return end + kHeadEnd.size() + *length;
}

std::unexpected<Failure> no_answer(std::string_view what) {
  return ambiguous("NoAnswer", std::string(what) + " gave no whole HTTP answer.");
}

/// Up to the length that the answer tells, or the end of the connection.
Attempt<SecretBytes> read_all(dial::Connection& connection, const HttpsCall& call,
                              const Budget& budget, std::size_t& held) {
  auto room = SecretBytes::zeroed(kHeadBytesMax + call.answer_max);
  if (!room) return std::unexpected(failure_of(room.error()));
  const std::span<char> all = room_of(*room);
  while (true) {
    const auto whole = whole_size({all.data(), held});
    if (whole && held >= *whole) break;
    if (held == all.size() || budget.left_ms() == 0) return no_answer(call.what);
    const auto got = connection.read(all.subspan(held));
    // Many servers close without saying goodbye; parse() sees whether anything is missing.
    if (!got || *got == 0) break;
    held += *got;
  }
  return std::move(*room);
}

/// The parts of a chunked body (RFC 9112 §7.1) in one piece; nothing if its end is not there.
std::optional<SecretBytes> joined_chunks(std::string_view text) {
  auto room = SecretBytes::zeroed(text.size());
  if (!room) return std::nullopt;
  const std::span<char> out = room_of(*room);
  std::size_t held = 0;
  while (true) {
    const std::size_t line = text.find("\r\n");
    if (line == std::string_view::npos) return std::nullopt;
    std::size_t size = 0;
    const std::string_view digits = text.substr(0, std::min(line, text.find(';')));
    constexpr int kHex = 16;
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), size, kHex);
    if (error != std::errc() || end == digits.data()) return std::nullopt;
    text.remove_prefix(line + 2);
    if (size == 0) break;
    if (text.size() < size + 2 || size > out.size() - held) return std::nullopt;
    std::ranges::copy(text.substr(0, size), out.subspan(held).begin());
    held += size;
    text.remove_prefix(size + 2);
  }
  auto exact = SecretBytes::copy_of(as_bytes(std::string_view(out.data(), held)));
  if (!exact) return std::nullopt;
  return std::move(*exact);
}

Attempt<HttpAnswer> parse(std::string_view got, std::string_view what) {
  const std::size_t end = got.find(kHeadEnd);
  if (end == std::string_view::npos || !got.starts_with("HTTP/1.") || end < kStatusAt)
    return no_answer(what);
  const auto status = number_of(got.substr(kStatusAt, kStatusChars));
  if (!status) return no_answer(what);
  HttpAnswer answer;
  answer.status = static_cast<int>(*status);
  answer.fields = lowered(got.substr(0, end + 2));
  const std::string_view rest = got.substr(end + kHeadEnd.size());
  if (answer.field("transfer-encoding") == "chunked") {
    auto chunks = joined_chunks(rest);
    if (!chunks) return no_answer(what);
    answer.body = std::move(*chunks);
    return answer;
  }
  if (const auto whole = whole_size(got); whole && got.size() < *whole) return no_answer(what);
  auto body = SecretBytes::copy_of(as_bytes(rest));
  if (!body) return std::unexpected(failure_of(body.error()));
  answer.body = std::move(*body);
  return answer;
}

}  // namespace

std::string_view HttpAnswer::field(std::string_view name) const {
  const std::size_t at = fields.find("\r\n" + std::string(name) + ":");
  if (at == std::string::npos) return {};
  std::string_view value = std::string_view(fields).substr(at + name.size() + 3);
  value = value.substr(0, value.find('\r'));
  while (value.starts_with(' ')) value.remove_prefix(1);
  while (value.ends_with(' ')) value.remove_suffix(1);
  return value;
}

Attempt<dial::HttpsUrl> url_of(const connector::Target& target, std::string_view what) {
  auto url = dial::parse_https_url(target.address);
  if (!url || target.tls == "disabled")
    return misconfigured("TargetAddress",
                         "The address of " + std::string(what) +
                             " is https://host[:port]/path; there is no way to call it without "
                             "TLS.");
  Access access;
  access.host = url->target.host;
  SR_CHECK_OK(check_pins(target, access, false));
  return std::move(*url);
}

Attempt<HttpAnswer> post(const HttpsCall& call, const SecretBytes& head, const SecretBytes& body,
                         const Budget& budget) {
  PemFile roots;
  dial::Options options;
  options.connect_millis = std::min(kConnectMillis, budget.left_ms());
  options.io_millis = budget.left_ms();
  options.public_addresses_only =
      std::ranges::find(call.private_hosts, call.url.target.host) == call.private_hosts.end();
  if (!call.roots.empty()) {
    auto file = PemFile::make(call.roots);
    if (!file) return std::unexpected(failure_of(file.error()));
    roots = std::move(*file);
    options.ca_file = roots.path();
  }
  auto connection = dial::Connection::open(call.url.target, options);
  if (!connection) {
    const Error& error = connection.error();
    if (error.kind() == ErrorKind::kUnavailable)
      return unreachable("TargetUnreachable", error.message());
    return misconfigured(error.code(), error.message());
  }
  if (!connection->write(text_of(head)) || !connection->write(text_of(body)))
    return ambiguous("ConnectionLost", std::string(call.what) + " broke the connection.");
  std::size_t held = 0;
  SR_TRY(const SecretBytes all, read_all(*connection, call, budget, held));
  return parse(text_of(all).substr(0, held), call.what);
}

}  // namespace strongroom::connector_kit
