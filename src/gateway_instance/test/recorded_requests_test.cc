// Requests that unmodified client libraries sent, with the signatures they made
// (tests/vectors/instance-api).

#include <gtest/gtest.h>
#include <simdjson.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "client_authenticator.h"
#include "endpoint_runner.h"
#include "envelope.h"
#include "messages.h"
#include "strongroom/base/bytes.h"
#include "strongroom/identity/authenticator.h"
#include "strongroom/service/parameters.h"

namespace strongroom::gateway_instance {
namespace {

std::string file_text(const std::string& name) {
  std::ifstream in(std::string(STRONGROOM_VECTORS_DIR) + "/instance-api/" + name);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

struct Recorded {
  std::string capture;
  std::string body;
  std::string string_to_sign;
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<NameValue> views;

  http::Request request() {
    views.clear();
    for (const auto& [name, value] : headers) views.push_back({name, value});
    return {.method = "POST", .path = "/", .query = "", .headers = views, .body = body};
  }
};

std::vector<Recorded> recorded_requests() {
  std::vector<Recorded> all;
  simdjson::dom::parser parser;
  const std::string text = file_text("index.json");
  const simdjson::dom::array entries = parser.parse(text).get_array().value();
  for (const auto entry : entries) {
    if (std::string_view(entry["kind"]) != "instance") continue;
    Recorded one;
    one.capture = std::string_view(entry["capture"]);
    one.body = hex_decode(std::string_view(entry["body_hex"])).value();
    one.string_to_sign = std::string_view(entry["string_to_sign"]);
    const simdjson::dom::array headers = entry["headers"].get_array().value();
    for (const auto header : headers) {
      one.headers.emplace_back(std::string_view(header.at(0)), std::string_view(header.at(1)));
    }
    all.push_back(std::move(one));
  }
  return all;
}

crypto::RsaPublicKey client_key() {
  auto key = crypto::RsaPublicKey::from_pem(file_text("client_pub.pem"));
  EXPECT_TRUE(key.has_value());
  return *key;
}

// The moment a request was signed, from its own date.
Instant time_of(Recorded& recorded) {
  return parse_http_date(recorded.request().header("date").value_or("")).value_or(Instant{});
}

TEST(RecordedRequests, EveryOneIsReadAndVerifies) {
  const crypto::RsaPublicKey key = client_key();
  std::vector<Recorded> all = recorded_requests();
  ASSERT_EQ(all.size(), 44U);
  for (Recorded& recorded : all) {
    const http::Request request = recorded.request();
    Envelope envelope;
    const auto read = read_envelope(request, time_of(recorded), envelope);
    ASSERT_TRUE(read) << recorded.capture << ": " << read.error().message();
    EXPECT_EQ(string_to_sign(request), recorded.string_to_sign) << recorded.capture;
    EXPECT_TRUE(check_signature(string_to_sign(request), envelope.signature, key))
        << recorded.capture;
    RequestFields fields;
    EXPECT_TRUE(fields.read(*envelope.message, request.body)) << recorded.capture;
    EXPECT_FALSE(check_signature(string_to_sign(request) + "/", envelope.signature, key));
  }
}

TEST(RecordedRequests, AChangedBodyOrHeaderIsRefused) {
  const crypto::RsaPublicKey key = client_key();
  for (Recorded& recorded : recorded_requests()) {
    const Instant then = time_of(recorded);
    Envelope envelope;
    Recorded changed = recorded;
    changed.body += '\0';
    auto read = read_envelope(changed.request(), then, envelope);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().message(), "The Param Content-SHA256 is invalid.");

    changed = recorded;
    changed.headers.emplace_back("X-Kms-ApiName", "Decrypt");
    EXPECT_FALSE(read_envelope(changed.request(), then, envelope)) << recorded.capture;

    for (const char* name : {"Date", "Authorization", "Content-SHA256"}) {
      changed = recorded;
      changed.headers.emplace_back(name, "x");
      read = read_envelope(changed.request(), then, envelope);
      ASSERT_FALSE(read);
      EXPECT_EQ(read.error().message(), std::string("The Param ") + name + " is invalid.");
    }

    changed = recorded;
    changed.headers.emplace_back("x-kms-extra", "1");
    ASSERT_TRUE(read_envelope(changed.request(), then, envelope));
    EXPECT_FALSE(check_signature(string_to_sign(changed.request()), envelope.signature, key));

    read = read_envelope(recorded.request(), {then.unix_ms + 15 * 60'000 + 1}, envelope);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), "RequestTimeTooSkewed");
    const Instant later{then.unix_ms + 60'001};
    EXPECT_TRUE(read_envelope(recorded.request(), later, envelope));
    read = read_envelope(recorded.request(), later, envelope, 60'000);
    ASSERT_FALSE(read);
    EXPECT_EQ(read.error().code(), "RequestTimeTooSkewed");
  }
}

TEST(Messages, FieldsComeOutByNameAndDamageIsRefused) {
  const Message* message = find_message("GetSecretValue");
  ASSERT_NE(message, nullptr);
  const std::string body =
      hex_decode("0a0b6d792f7365637265742d31120a41435343757272656e742001").value();
  RequestFields fields;
  ASSERT_TRUE(fields.read(*message, body));
  const service::Parameters parameters(fields.sorted());
  EXPECT_EQ(parameters.text("SecretName"), "my/secret-1");
  EXPECT_EQ(parameters.text("VersionStage"), "ACSCurrent");
  EXPECT_EQ(parameters.text("FetchExtendedConfig"), "true");
  for (std::size_t size = 1; size < body.size(); ++size) {
    RequestFields cut;
    const bool whole = size == 13 || size == 25;  // between two fields
    EXPECT_EQ(cut.read(*message, body.substr(0, size)).has_value(), whole) << size;
  }
  EXPECT_FALSE(fields.read(*message, std::string(11, '\xff')));
}

TEST(Messages, UnknownFieldsAreSkippedAndBounded) {
  const Message* message = find_message("GenerateRandom");
  ASSERT_NE(message, nullptr);
  std::string body;
  for (int i = 0; i < 32; ++i) append_varint_field(body, 77, 1);
  append_varint_field(body, 1, 16);
  RequestFields fields;
  ASSERT_TRUE(fields.read(*message, body));
  EXPECT_EQ(service::Parameters(fields.sorted()).text("Length"), "16");
  append_bytes(body, 78, "one more");
  EXPECT_FALSE(fields.read(*message, body));
}

TEST(EndpointRunner, TellsTheTwoProtocolsApart) {
  const auto openapi = [](std::vector<NameValue> headers, std::string_view query = "") {
    http::Request request;
    request.method = "POST";
    request.path = "/";
    request.query = query;
    request.headers = headers;
    return is_openapi(request);
  };
  const NameValue api{"X-Kms-ApiName", "Encrypt"};
  const NameValue acs{"x-acs-action", "Encrypt"};
  const NameValue form{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"};
  EXPECT_FALSE(openapi({}));
  EXPECT_FALSE(openapi({api}));
  EXPECT_TRUE(openapi({acs}));
  EXPECT_TRUE(openapi({form}));
  EXPECT_TRUE(openapi({}, "Action=Encrypt"));
  // Both: the Instance API refuses them.
  EXPECT_FALSE(openapi({acs, api}));
  EXPECT_FALSE(openapi({api, form}, "Action=Encrypt"));
  // Those that OpenAPI has a form for.
  EXPECT_TRUE(openapi({acs, api, {"X-Acs-Bearer-Token", "c2ln"}}));
}

TEST(ReplayGuard, ARepeatIsAcceptedFromTheSameAddressOnly) {
  ReplayGuard guard;
  const Instant now{1'800'000'000'000};
  using enum ReplayGuard::Verdict;
  const Instant later{now.unix_ms + identity::kFleetMillis + 1};
  EXPECT_EQ(guard.check("signature", "10.0.0.1", now, now), kAccepted);
  EXPECT_EQ(guard.check("signature", "10.0.0.1", now, later), kAccepted);
  EXPECT_EQ(guard.check("signature", "10.0.0.2", now, later), kOtherSource);
  EXPECT_EQ(guard.check("signature", "10.0.0.2", now, later), kOtherSource);
  EXPECT_EQ(guard.check("another", "10.0.0.2", now, later), kAccepted);
}

// Many instances of an application start at once and read the same secret with the same key.
TEST(ReplayGuard, AFleetMaySayTheSameInTheSameMoment) {
  ReplayGuard guard;
  const Instant now{1'800'000'000'000};
  const Instant soon{now.unix_ms + identity::kFleetMillis};
  using enum ReplayGuard::Verdict;
  EXPECT_EQ(guard.check("signature", "10.0.0.1", now, now), kAccepted);
  EXPECT_EQ(guard.check("signature", "10.0.0.2", now, now), kAccepted);
  EXPECT_EQ(guard.check("signature", "10.0.0.3", now, soon), kAccepted);
  // A copy does not begin the time anew.
  EXPECT_EQ(guard.check("signature", "10.0.0.4", now, {soon.unix_ms + 1}), kOtherSource);
}

TEST(ReplayGuard, StrictRulesAcceptNoRepeatAtAll) {
  ReplayGuard guard({.strict = true});
  const Instant now{1'800'000'000'000};
  using enum ReplayGuard::Verdict;
  EXPECT_EQ(guard.check("signature", "10.0.0.1", now, now), kAccepted);
  EXPECT_EQ(guard.check("signature", "10.0.0.1", now, now), kRepeated);
  EXPECT_EQ(guard.check("signature", "10.0.0.2", now, now), kOtherSource);
  EXPECT_EQ(guard.check("another", "10.0.0.1", now, now), kAccepted);
}

TEST(ReplayGuard, WhenFullTheOldestMinuteIsRefusedRatherThanForgottenSilently) {
  ReplayGuard guard({}, 16);  // one for each shard
  const Instant now{1'800'000'000'000};
  using enum ReplayGuard::Verdict;
  const Instant before{now.unix_ms - 120'000};
  EXPECT_EQ(guard.check("old", "10.0.0.1", before, now), kAccepted);
  for (int i = 0; i < 200; ++i) {
    guard.check("new" + std::to_string(i), "10.0.0.1", now, now);
  }
  EXPECT_EQ(guard.check("old", "10.0.0.2", before, now), kForgotten);
}

}  // namespace
}  // namespace strongroom::gateway_instance
