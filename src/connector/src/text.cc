#include <algorithm>
#include <array>
#include <string>

#include "reveal.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/connector/job.h"

namespace strongroom::connector {
namespace {

constexpr std::array<std::string_view, 12> kKinds = {
    "ram",        "mysql", "postgres",         "redis",     "ssh",      "cloud-rds", "http",
    "executable", "test",  "function-compute", "cloud-ram", "cloud-ecs"};
constexpr std::array<std::string_view, 8> kSteps = {"inspect", "probe",  "create", "set",
                                                    "test",    "finish", "retire", "roll-back"};
constexpr std::array<std::string_view, 6> kStatuses = {
    "done", "already_done", "unreachable", "ambiguous", "rejected", "configuration"};

template <class Names, class Value>
std::string_view name_of(const Names& names, Value value) {
  const auto index = static_cast<std::size_t>(value) - 1;
  return index < names.size() ? names[index] : "unknown";
}

constexpr std::string_view kWithheld = "(withheld: the target's message repeats the credential)";
// Shorter secrets are in any text by chance; connectors never make them.
constexpr std::size_t kShortestSought = 6;

bool holds(std::string_view text, std::string_view part) {
  return part.size() >= kShortestSought && text.find(part) != std::string_view::npos;
}

// Encodings of the secret are made in SecretBytes-free strings, so they are wiped by hand.
void wipe(std::string& text) {
  volatile char* at = text.data();
  for (std::size_t i = 0; i < text.size(); ++i) at[i] = 0;
}

bool repeats(std::string_view text, const SecretBytes& secret) {
  if (secret.size() < kShortestSought) return false;
  const ByteView bytes = ConnectorReveal::view(secret);
  if (holds(text, as_chars(bytes))) return true;
  std::string hex = hex_encode(bytes);
  std::string upper = hex;
  std::ranges::transform(upper, upper.begin(), [](char c) {
    return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c;
  });
  // Base64 without its last group: the end depends on what follows.
  std::string base64 = base64_encode(bytes.first(bytes.size() / 3 * 3));
  std::string percent = percent_encode(as_chars(bytes));
  const bool found =
      holds(text, hex) || holds(text, upper) || holds(text, base64) || holds(text, percent);
  for (std::string* made : {&hex, &upper, &base64, &percent}) wipe(*made);
  return found;
}

}  // namespace

std::string_view to_text(Kind kind) {
  return name_of(kKinds, kind);
}
std::string_view to_text(Step step) {
  return name_of(kSteps, step);
}
std::string_view to_text(Status status) {
  return name_of(kStatuses, status);
}

std::optional<Kind> parse_kind(std::string_view text) {
  const auto* found = std::ranges::find(kKinds, text);
  if (found == kKinds.end()) return std::nullopt;
  return static_cast<Kind>(found - kKinds.begin() + 1);
}

std::string scrub(std::string_view text, const Job& job) {
  for (const Credential* credential :
       {&job.admin, &job.current, &job.pending, &job.previous, &job.privileged})
    if (repeats(text, credential->secret)) return std::string(kWithheld);
  std::string clean;
  clean.reserve(std::min(text.size(), limits::kConnectorMessageBytesMax));
  for (const char c : text.substr(0, limits::kConnectorMessageBytesMax))
    clean += c >= 0x20 && c < 0x7f ? c : ' ';
  return clean;
}

Outcome make_outcome(Status status, std::string code, std::string message) {
  Outcome outcome;
  outcome.status = status;
  outcome.code = std::move(code);
  outcome.message = std::move(message);
  return outcome;
}

std::string_view Job::option(std::string_view name) const {
  for (const auto& [known, value] : options)
    if (known == name) return value;
  return {};
}

Result<Credential> Credential::copy() const {
  SR_TRY(SecretBytes same, SecretBytes::copy_of(ConnectorReveal::view(secret)));
  return Credential{account, public_part, std::move(same)};
}

}  // namespace strongroom::connector
