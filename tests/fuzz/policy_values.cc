// Addresses, networks, principals and ARNs inside policies, compared with a plain second reading.
// Input: what it is, the policy's text, a line feed, the request's text.

#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>
#include <string>

#include "../../src/service/src/resource.h"
#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/policy/policy.h"

namespace {

using namespace strongroom;

std::optional<std::array<unsigned char, 16>> bytes_of(const std::string& text) {
  if (text.find('\0') != std::string::npos) return std::nullopt;
  std::array<unsigned char, 16> out{};
  if (inet_pton(AF_INET6, text.c_str(), out.data()) == 1) return out;
  out[10] = out[11] = 0xFF;
  if (inet_pton(AF_INET, text.c_str(), out.data() + 12) == 1) return out;
  return std::nullopt;
}

// Bit by bit.
bool in_network(const std::string& network, const std::string& address) {
  const std::size_t slash = network.find('/');
  const auto base = bytes_of(network.substr(0, slash));
  const auto own = bytes_of(address);
  if (!base || !own) return false;
  const bool v4 = network.substr(0, slash).find(':') == std::string::npos;
  unsigned bits = 128;
  if (slash != std::string::npos) {
    const std::string digits = network.substr(slash + 1);
    if (digits.empty() || digits.size() > 3) return false;
    const auto end = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (end.ptr != digits.data() + digits.size() || bits > (v4 ? 32U : 128U)) return false;
    if (v4) bits += 96;
  }
  for (unsigned i = 0; i < bits; ++i) {
    const unsigned shift = 7 - i % 8;
    if (((*base)[i / 8] >> shift & 1) != ((*own)[i / 8] >> shift & 1)) return false;
  }
  return true;
}

bool holds(policy::Statement statement, const policy::Query& query) {
  statement.actions = {"*"};
  statement.resources = {"*"};
  const auto set = policy::PolicySet::compile(
      {{.name = "p", .type = "Custom", .document = {.statements = {std::move(statement)}}}});
  return set->evaluate(query).allowed();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 1024) return 0;
  std::string_view text = fuzz::text_of(data, size);
  const unsigned what = fuzz::take_byte(text) % 3;
  const std::string wanted(fuzz::take_until(text, '\n'));
  const std::string given(text);
  const std::string_view resources[] = {"acs:x"};
  policy::ConditionList context;
  context.add("k", given);
  policy::Query query{.action = "kms:Get", .resources = resources, .context = &context};
  if (what == 0) {
    const bool inside = in_network(wanted, given);
    policy::Statement statement;
    statement.conditions = {{policy::Operator::kIpAddress, "k", {wanted}}};
    SR_CHECK(holds(statement, query) == inside);
    statement.conditions[0].op = policy::Operator::kNotIpAddress;
    SR_CHECK(holds(statement, query) == !inside);
  } else if (what == 1) {
    policy::Statement statement;
    statement.principals = {{policy::PrincipalType::kRam, wanted}};
    query.principal = {policy::PrincipalType::kRam, given};
    // Nobody is reached through another account's principal.
    if (holds(statement, query)) SR_CHECK(given.substr(0, 26) == wanted.substr(0, 26));
    if (holds(statement, query) && !wanted.ends_with(":*")) SR_CHECK(given.size() >= wanted.size());
  } else if (const auto arn = service::split_arn(wanted)) {
    SR_CHECK("acs:" + std::string(arn->service) + ":" + std::string(arn->region) + ":" +
                 std::string(arn->account) + ":" + std::string(arn->resource) ==
             wanted);
    const auto account = service::account_of_arn(wanted);
    SR_CHECK(!account || account->text() == arn->account);
  }
  return 0;
}
