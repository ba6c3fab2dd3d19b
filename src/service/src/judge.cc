// Permission of one action on one resource: whose voices are asked, with which facts, and what a
// caller who is refused gets to hear.

#include <algorithm>
#include <optional>
#include <variant>

#include "request_tags.h"
#include "resource.h"
#include "strongroom/access/request_tags.h"
#include "strongroom/base/api_error.h"
#include "strongroom/base/ascii.h"
#include "strongroom/keys/head.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/service.h"

namespace strongroom::service {
namespace {

template <class Head>
std::optional<std::string_view> tag_of(const Head& head, std::string_view folded_name,
                                       std::size_t index) {
  for (std::size_t i = 0; i < head.tag_count(); ++i) {
    const NameValue tag = head.tag(i);
    if (equals_lower(tag.name, folded_name) && index-- == 0) return tag.value;
  }
  return std::nullopt;
}

/// The stored head of what is judged, if there is one.
class JudgedHead final : public access::TagSource {
 public:
  const secrets::SecretView* secret() const { return std::get_if<secrets::SecretView>(&head_); }
  secrets::SecretView take_secret() && { return std::get<secrets::SecretView>(std::move(head_)); }
  const keys::KeyHead* key() const { return std::get_if<keys::KeyHead>(&head_); }
  bool exists() const { return head_.index() != 0; }

  /// Nothing to load is no error; an absent head is none either.
  Result<void> load(const Call& call, const Named& named, bool is_secret) {
    if (is_secret) return keep(call.engines.secrets.view(call.reader, named.owner, named.name));
    return keep(keys::KeyHead::read(call.reader, named.owner, named.name));
  }

  std::string_view policy() const {
    if (secret() != nullptr) return secret()->policy();
    return key() != nullptr ? key()->policy() : std::string_view();
  }
  access::ResourcePolicies::Key policy_key() const {
    if (secret() != nullptr) return {secret()->uuid(), secret()->record()->rev()};
    return {key()->uuid(), key()->rev()};
  }
  std::optional<std::string_view> tag(std::string_view folded_name,
                                      std::size_t index) const override {
    if (secret() != nullptr) return tag_of(*secret(), folded_name, index);
    return key() != nullptr ? tag_of(*key(), folded_name, index) : std::nullopt;
  }

 private:
  template <class Head>
  Result<void> keep(Result<Head> found) {
    if (found) {
      head_.emplace<Head>(std::move(*found));
      return {};
    }
    if (found.error().kind() == ErrorKind::kNotFound) return {};
    return std::unexpected(std::move(found).error());
  }

  std::variant<std::monostate, secrets::SecretView, keys::KeyHead> head_;
};

struct Stored {
  std::string_view name;
  bool is_secret;
};

/// What an ARN names that has a head: a secret or key of this region.
std::optional<Stored> stored_of(std::string_view arn, std::string_view region) {
  const auto parts = split_arn(arn);
  if (!parts || parts->service != "kms" || parts->region != region) return std::nullopt;
  for (const std::string_view kind : {"secret/", "key/"}) {
    const std::string_view name =
        parts->resource.substr(std::min(kind.size(), parts->resource.size()));
    if (parts->resource.starts_with(kind) && !name.empty() && name != "*")
      return Stored{name, kind == "secret/"};
  }
  return std::nullopt;
}

bool needs_no_policy(const identity::Principal& principal, AccountId owner) {
  return principal.account == owner && (principal.kind == identity::PrincipalKind::kRoot ||
                                        principal.kind == identity::PrincipalKind::kSystem);
}

std::unexpected<Error> ambiguous_tags() {
  return invalid_parameter("Tags",
                           "Two keys differ in case alone, which the policies that decide this "
                           "call cannot tell apart. Give one of them.");
}

}  // namespace

const secrets::SecretView* Call::judged_secret(const Named& secret) const {
  const bool same = judged_secret_ && judged_secret_->account() == secret.owner &&
                    judged_secret_->name() == secret.name;
  return same ? &*judged_secret_ : nullptr;
}

Result<void> Call::authorize(std::string_view action, std::string_view arn) {
  if (audit_resource_.empty()) audit_resource_ = arn;
  const std::string_view spellings[] = {arn};
  return decide(action, spellings, account_of_arn(arn).value_or(account()));
}

bool Call::may(std::string_view action, std::string_view arn) const {
  const JudgedHead none;
  const access::RequestConditions conditions(facts_, principal, &none, nullptr);
  const std::string_view arns[] = {arn};
  const policy::Query query{.action = action, .resources = arns, .context = &conditions};
  const AccountId owner = account_of_arn(arn).value_or(account());
  return access::decide(principal, query, {.owner = owner}).allowed();
}

// A refusal tells what an absent resource would have been refused for, wherever that is a refusal
// too: whoever may not know whether a name is taken does not learn it from the reason. An absent
// one is judged twice as well, so that the time does not tell it either.
Result<void> Call::decide(std::string_view action, std::span<const std::string_view> arns,
                          AccountId owner) {
  JudgedHead head;
  access::Subject subject{.owner = owner};
  std::optional<Stored> stored;
  if (!needs_no_policy(principal, owner) && arns.size() == 1) {
    stored = stored_of(arns.front(), region());
    if (stored) SR_CHECK_OK(head.load(*this, {owner, stored->name}, stored->is_secret));
  }
  if (!head.policy().empty()) {
    SR_TRY(resource_policy_, resource_policies_.get(head.policy_key(), owner, head.policy()));
    subject.resource_policy = resource_policy_.get();
  }
  const RequestTags request_tags(operation, parameters);
  const policy::Conditions* more = access::sets_tags(action) ? &request_tags : nullptr;
  const access::RequestConditions conditions(facts_, principal, &head, more);
  const policy::Query query{.action = action, .resources = arns, .context = &conditions};
  verdict_ = access::decide(principal, query, subject);
  decided_ = true;
  if (verdict_.allowed()) {
    if (request_tags.ambiguous()) return ambiguous_tags();
    if (head.secret() != nullptr) judged_secret_ = std::move(head).take_secret();
    return {};
  }
  told_ = verdict_;
  if (stored) {
    const JudgedHead absent;
    const access::RequestConditions bare(facts_, principal, &absent, more);
    const access::Verdict as_absent = access::decide(
        principal, {.action = action, .resources = arns, .context = &bare}, {.owner = owner});
    if (!as_absent.allowed()) told_ = as_absent;
  }
  return refused(action, arns.empty() ? std::string_view() : arns.front());
}

Result<void> Call::refused(std::string_view action, std::string_view arn) {
  denied_action_ = action;
  const std::string subject(arn);
  const bool kms = operation.api.prefix == kKms.prefix;
  return fail(ErrorKind::kDenied, kms ? "Forbidden.NoPermission" : "NoPermission",
              kms ? "This operation for " + subject + " is forbidden by permission system."
                  : "You are not authorized to do this action. Resource: " + subject +
                        " Action: " + denied_action_);
}

}  // namespace strongroom::service
