#pragma once
// A whole service over a sealed store, called as a gateway would call it: what tests of handlers
// stand on.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "strongroom/aap/access_points.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/identity/directory.h"
#include "strongroom/instances/instances.h"
#include "strongroom/keys/keys.h"
#include "strongroom/oidc/issuers.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/service.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::service {

/// The answer as JSON text, secrets included.
class TextAnswer final : public AnswerWriter {
 public:
  explicit TextAnswer(std::string& out) : json_(out) { json_.begin_object(); }
  void field(std::string_view name, std::string_view value) override { json_.member(name, value); }
  void field(std::string_view name, const char* value) override { json_.member(name, value); }
  void number(std::string_view name, std::int64_t value) override { json_.member(name, value); }
  void boolean(std::string_view name, bool value) override { json_.member(name, value); }
  void secret(std::string_view name, const SecretBytes& value) override {
    json_.member(name, test::reveal(value));
  }
  void begin_object(std::string_view name) override { json_.begin_object(name); }
  void end_object() override { json_.end_object(); }
  void begin_list(std::string_view wrapper, std::string_view item) override {
    json_.begin_object(wrapper);
    json_.begin_array(item);
  }
  void end_list() override {
    json_.end_array();
    json_.end_object();
  }
  void begin_flat_list(std::string_view name) override { json_.begin_array(name); }
  void end_flat_list() override { json_.end_array(); }
  void item(std::string_view value) override { json_.element(value); }
  void begin_item() override { json_.begin_object(); }
  void end_item() override { json_.end_object(); }
  void close() { json_.end_object(); }

 private:
  JsonWriter json_;
};

/// How a call ended: `text` is the answer, or "<code>: <message>".
struct Answered {
  std::string code;  // empty: success
  std::string text;
  Outcome outcome;
};

class ServiceWorld {
 public:
  using Given = std::vector<std::pair<std::string, std::string>>;
  static constexpr Instant kNow{1'795'300'020'000};  // 2026-11-21T22:27:00Z

  ServiceWorld() {
    auto txn = std::move(*store->begin());
    auto key = directory.create_account(*txn, account, kNow);
    EXPECT_TRUE(key && txn->commit());
    root = principal_of(key->id);
    EXPECT_TRUE(instances.build_index());
    for (const auto& visits :
         {keys.index_visits(), access_points.index_visits(), secrets.index_visits()}) {
      EXPECT_TRUE(store->visit_all(visits));
    }
  }

  identity::PrincipalRef principal_of(std::string_view key_id) {
    const auto reader = std::move(*store->reader());
    const auto credential = directory.load_credential(*reader, key_id);
    EXPECT_TRUE(credential);
    return (*credential)->principal;
  }
  /// A RAM user with a key and this policy (none if empty).
  identity::PrincipalRef make_user(const std::string& name, std::string_view policy = "") {
    auto txn = std::move(*store->begin());
    EXPECT_TRUE(directory.create_user(*txn, account, {.name = name}, kNow));
    EXPECT_TRUE(txn->commit());
    txn = std::move(*store->begin());
    const identity::Owner owner{account, name};
    const auto key = directory.create_access_key(*txn, owner, kNow);
    if (!policy.empty()) {
      EXPECT_TRUE(directory.attach_policy(*txn, owner, "System", policy, kNow));
    }
    EXPECT_TRUE(key && txn->commit());
    return principal_of(key->id);
  }

  Answered call(const ApiVersion& api, std::string_view action, Given given,
                identity::PrincipalRef caller = nullptr) {
    std::ranges::sort(given);
    std::vector<NameValue> sorted;
    for (const auto& [name, value] : given) sorted.push_back({name, value});
    const Parameters parameters(sorted);
    if (!caller) caller = root;
    const Operation* operation = service.find(api.version, action);
    if (operation == nullptr) return {"InvalidAction.NotFound", "", {}};
    const Request request{.operation = operation,
                          .principal = caller.get(),
                          .parameters = &parameters,
                          .host = "kms.example.test:8443",
                          .request_id = "0F5E8C2B-0000-4000-8000-000000000001",
                          .source_ip = "192.0.2.1",
                          .user_agent = "test",
                          .now = kNow};
    std::string text;
    std::unique_ptr<TextAnswer> answer;
    const auto fresh = [&]() -> AnswerWriter& {
      text.clear();
      answer = std::make_unique<TextAnswer>(text);
      return *answer;
    };
    Answered out;
    if (operation->effect == Effect::kMutation) {
      out.outcome = service.mutate(request, fresh);
    } else {
      const auto reader = std::move(*store->reader());
      out.outcome = service.read(request, *reader, fresh());
    }
    if (out.outcome.error) {
      out.code = out.outcome.error->code();
      out.text = out.code + ": " + out.outcome.error->message();
    } else {
      answer->close();
      out.text = text;
    }
    return out;
  }

  const AccountId account{1'000'000'000'000'001};
  test::SealedStoreFixture store;
  SystemRandom random;
  ManualClock clock{kNow};
  identity::Directory directory{random};
  oidc::Issuers issuers{[this](const oidc::Url& url) -> Result<oidc::Fetched> {
    const auto found = pages.find(url.path);
    if (found == pages.end()) return fail(ErrorKind::kUnavailable, "FetchFailed", "nobody there");
    return oidc::Fetched{found->second, {}};
  }};
  std::map<std::string, std::string> pages;  // what issuers answer, by path
  identity::Sessions sessions{test::secret(std::string(32, 's')), random};
  keys::Keys keys{*store, random, "cn-hangzhou"};
  instances::Instances instances{*store, random, "cn-hangzhou"};
  secrets::Secrets secrets{*store, keys, random, "cn-hangzhou"};
  aap::AccessPoints access_points{*store, random, "cn-hangzhou"};
  SecretBytes diagnostic_key = test::secret(std::string(32, 'd'));
  Service service{Engines{.store = *store,
                          .directory = directory,
                          .keys = keys,
                          .instances = instances,
                          .secrets = secrets,
                          .access_points = access_points,
                          .clock = clock,
                          .random = random,
                          .region = "cn-hangzhou",
                          .sessions = &sessions,
                          .issuers = &issuers,
                          .diagnostic_key = &diagnostic_key,
                          .operator_account = account}};
  identity::PrincipalRef root;
};

}  // namespace strongroom::service
