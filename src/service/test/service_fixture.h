#pragma once
// A Service over a sealed store in a temporary directory, called as a gateway would: action and
// parameters in, the answer parsed from JSON or the error's code out.

#include <gtest/gtest.h>
#include <simdjson.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fake_database.h"
#include "json_answer.h"
#include "strongroom/aap/access_points.h"
#include "strongroom/connector_ram/ram_connector.h"
#include "strongroom/identity/directory.h"
#include "strongroom/instances/instances.h"
#include "strongroom/keys/keys.h"
#include "strongroom/rotation/rotations.h"
#include "strongroom/secrets/secrets.h"
#include "strongroom/service/rotation_driver.h"
#include "strongroom/service/service.h"
#include "strongroom/test/sealed_store_fixture.h"

namespace strongroom::service {

inline const AccountId kAccount{1000000000000001ULL};

using Params = std::map<std::string, std::string>;

/// What a call answered: `json` is the body without RequestId, `code` empty on success.
struct Answer {
  std::string json;
  std::string code;
  std::string message;
  AuditFacts facts;
  bool not_cached = false;
  std::string detail = {};  // AccessDeniedDetail
  std::vector<EntryFacts> entries = {};

  bool ok() const { return code.empty(); }
};

class ServiceFixture : public testing::Test {
 protected:
  ServiceFixture() {
    EXPECT_TRUE(instances_.build_index());
    for (const auto& visits :
         {keys_.index_visits(), access_points_.index_visits(), secrets_.index_visits()}) {
      EXPECT_TRUE(fixture_->visit_all(visits));
    }
  }

  Answer call(const std::string& action, const Params& params) {
    return call_as(root(), action, params);
  }

  Answer call_as(const identity::Principal& who, const std::string& action, const Params& params) {
    Answer answer;
    const Operation* row = service_.find(kKms.version, action);
    EXPECT_NE(row, nullptr) << action;
    if (row == nullptr) return answer;
    if (row->effect == Effect::kMutation) return run(who, *row, params, nullptr);
    const auto reader = *fixture_->reader();
    return run(who, *row, params, reader.get());
  }

  /// Views into the arguments.
  Request request_of(const Operation* row, const identity::Principal& who,
                     const Parameters& parameters, std::string_view request_id) {
    return {.operation = row,
            .principal = &who,
            .parameters = &parameters,
            .host = "kms.test",
            .request_id = request_id,
            .source_ip = "127.0.0.1",
            .user_agent = "test",
            .now = fixture_.clock().now()};
  }

  /// With the reader given; null runs a mutation.
  Answer run(const identity::Principal& who, const Operation& row, const Params& params,
             barrier::Reader* reader) {
    std::vector<NameValue> sorted;
    for (const auto& [name, value] : params) sorted.push_back({name, value});
    const Parameters parameters(sorted);
    const std::string request_id = Uuid::generate(fixture_.random()).upper();
    const Request request = request_of(&row, who, parameters, request_id);
    JsonAnswer writer;
    const auto fresh = [&writer]() -> AnswerWriter& { return writer.restart(); };
    const Outcome outcome = reader == nullptr ? service_.mutate(request, fresh)
                                              : service_.read(request, *reader, fresh());
    Answer answer{.json = writer.text(), .code = "", .message = "", .facts = outcome.facts};
    answer.entries = outcome.entries;
    if (outcome.error) {
      answer.json.clear();
      answer.code = outcome.error->code();
      answer.message = outcome.error->message();
      answer.detail = outcome.access_denied_detail;
      answer.not_cached = outcome.error->kind() == ErrorKind::kNotCached;
    }
    return answer;
  }

  static identity::Principal root() {
    return {.kind = identity::PrincipalKind::kRoot,
            .account = kAccount,
            .id = kAccount.text(),
            .name = "root",
            .arn = "acs:ram::1000000000000001:root",
            .access_key_id = "LTAIroot",
            .session = false,
            .policies = policy::PolicySet::compile({})};
  }

  /// A RAM user that may do `actions` on `resources`.
  static identity::Principal user(std::vector<std::string> actions,
                                  std::vector<std::string> resources = {"*"}) {
    identity::Principal who = root();
    who.kind = identity::PrincipalKind::kUser;
    who.id = "200000000000000001";
    who.name = "bob";
    who.arn = "acs:ram::1000000000000001:user/bob";
    who.policies = policy::PolicySet::compile(
        {{.name = "p",
          .type = "Custom",
          .document = {.statements = {{.effect = policy::Effect::kAllow,
                                       .actions = std::move(actions),
                                       .resources = std::move(resources)}}}}});
    return who;
  }

  Answer create(const std::string& name, const std::string& value = "one", Params more = {}) {
    more.insert({{"SecretName", name}, {"VersionId", "v1"}, {"SecretData", value}});
    return call("CreateSecret", more);
  }
  std::string create_key() {
    const Answer made = call("CreateKey", {});
    EXPECT_TRUE(made.ok()) << made.message;
    return text_at(made.json, "/KeyMetadata/KeyId");
  }

  /// Everything that is due, until nothing is.
  void work() {
    for (int round = 0; round < 50; ++round) {
      const Instant now = fixture_.clock().now();
      const auto rows = fixture_->due(barrier::TimeTable::kDue, now, 100);
      ASSERT_TRUE(rows);
      if (rows->empty()) return;
      for (const barrier::TimedRow& row : *rows) {
        const auto done = service_.run_due(row, now);
        ASSERT_TRUE(done) << done.error().message();
      }
    }
    FAIL() << "there is always something due";
  }
  void pass(std::int64_t milliseconds) {
    fixture_.clock().advance_ms(milliseconds);
    work();
  }

  /// The value at a JSON pointer, or "<absent>"; objects and arrays as compact JSON.
  static std::string text_at(const std::string& json, const std::string& pointer) {
    simdjson::dom::parser parser;
    simdjson::dom::element value;
    if (parser.parse(json).at_pointer(pointer).get(value) != simdjson::SUCCESS) return "<absent>";
    std::string_view text;
    if (value.get_string().get(text) == simdjson::SUCCESS) return std::string(text);
    return simdjson::minify(value);
  }

  test::SealedStoreFixture fixture_;
  identity::Directory directory_{fixture_.random()};
  keys::Keys keys_{*fixture_, fixture_.random(), "cn-hangzhou"};
  instances::Instances instances_{*fixture_, fixture_.random(), "cn-hangzhou"};
  secrets::Secrets secrets_{*fixture_, keys_, fixture_.random(), "cn-hangzhou"};
  aap::AccessPoints access_points_{*fixture_, fixture_.random(), "cn-hangzhou"};
  FakeTargets targets_;
  FakeDatabase database_;
  connector_ram::RamConnector ram_{
      {*fixture_, directory_, fixture_.clock(), fixture_.random(), "cn-hangzhou"}};
  connector::LocalRunner runner_{{&database_, &ram_}};
  rotation::Rotations rotations_{
      secrets_, keys_, &targets_, fixture_.random(), {.region = "cn-hangzhou"}};
  RotationDriver driver_{
      {*fixture_, rotations_, runner_, fixture_.clock(), fixture_.random(), "cn-hangzhou"}, 0};
  Service service_{{.store = *fixture_,
                    .directory = directory_,
                    .keys = keys_,
                    .instances = instances_,
                    .secrets = secrets_,
                    .access_points = access_points_,
                    .clock = fixture_.clock(),
                    .random = fixture_.random(),
                    .region = "cn-hangzhou",
                    .rotations = &rotations_,
                    .driver = &driver_}};
};

}  // namespace strongroom::service
