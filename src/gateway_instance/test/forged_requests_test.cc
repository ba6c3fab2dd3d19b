// Twenty thousand forged requests against the whole gateway: not one is accepted.

#include <random>

#include "instance_world.h"
#include "strongroom/crypto/mac.h"
#include "strongroom/identity/authenticator.h"

namespace strongroom::gateway_instance {
namespace {

constexpr int kForgeries = 20'000;
constexpr int kControlEvery = 500;

class Forger {
 public:
  Forger(InstanceWorld& world, const InstanceWorld::Key& key, const InstanceWorld::Key& other)
      : world_(world), key_(key), other_(other) {}

  Draft next_from(Draft draft) {
    kWays[below(std::size(kWays))](*this, draft);
    return draft;
  }

  /// Forgeries that need a private key cost a millisecond each.
  Draft next_signed() {
    Draft draft = world_.read(key_);
    kSlowWays[below(std::size(kSlowWays))](*this, draft);
    return draft;
  }

 private:
  using Way = void (*)(Forger&, Draft&);

  std::size_t below(std::size_t bound) { return random_() % bound; }
  std::string bytes(std::size_t size) {
    std::string out(size, '\0');
    for (char& c : out) c = static_cast<char>(random_());
    return out;
  }
  static std::string signature_of(Draft& draft) {
    return base64_decode(draft.header("authorization").substr(7)).value();
  }
  static void put_signature(Draft& draft, std::string_view signature) {
    draft.header("authorization") = "Bearer " + base64_encode(as_bytes(signature));
  }
  static void put_hash(Draft& draft) {
    const crypto::Digest32 hash = crypto::sha256(as_bytes(draft.body));
    draft.header("content-sha256") = hex_encode({hash.data(), hash.size()});
  }

  static void flip_a_bit(Forger& f, Draft& draft) {
    std::string signature = signature_of(draft);
    const std::size_t bit = f.below(signature.size() * 8);
    signature[bit / 8] = static_cast<char>(signature[bit / 8] ^ (1 << (bit % 8)));
    put_signature(draft, signature);
  }
  static void cut_or_lengthen(Forger& f, Draft& draft) {
    std::string signature = signature_of(draft);
    const std::size_t size = f.below(300);
    signature.resize(size == signature.size() ? size + 1 : size);
    put_signature(draft, signature);
  }
  static void random_signature(Forger& f, Draft& draft) { put_signature(draft, f.bytes(256)); }
  static void plain_number(Forger& f, Draft& draft) {
    std::string signature(256, f.below(2) == 0 ? '\0' : '\xff');
    signature.back() = static_cast<char>(f.below(4));
    put_signature(draft, signature);
  }
  static void another_key(Forger& f, Draft& draft) { InstanceWorld::sign(draft, f.other_.pair); }
  static void another_id(Forger& f, Draft& draft) {
    draft.header("x-kms-acccesskeyid") = f.other_.id;
  }
  static void unknown_id(Forger& f, Draft& draft) {
    std::string& id = draft.header("x-kms-acccesskeyid");
    id[5 + f.below(id.size() - 5)] = 'z';
    InstanceWorld::sign(draft, f.key_.pair);
  }
  static void another_body(Forger& f, Draft& draft) {
    draft.body.back() = static_cast<char>(draft.body.back() ^ (1 + static_cast<int>(f.below(255))));
  }
  static void another_body_and_hash(Forger& f, Draft& draft) {
    another_body(f, draft);
    put_hash(draft);
  }
  static void another_header(Forger& f, Draft& draft) {
    const char* const names[] = {"date", "x-kms-apiname", "x-kms-apiversion", "content-type",
                                 "x-kms-signaturemethod"};
    std::string& value = draft.header(names[f.below(std::size(names))]);
    const std::size_t at = f.below(value.size());
    value[at] = static_cast<char>(value[at] ^ 1);
  }
  static void another_action(Forger& f, Draft& draft) {
    const auto all = messages();
    const Message& message = all[f.below(all.size())];
    draft.header("x-kms-apiname") = message.action;
    if (message.action == "GetSecretValue") draft.body += "\x20\x01";
    put_hash(draft);
  }
  static void one_more_header(Forger& f, Draft& draft) {
    draft.headers.emplace_back("x-kms-" + std::to_string(f.below(1000)), "1");
  }
  static void header_twice(Forger& f, Draft& draft) {
    const std::size_t at = f.below(draft.headers.size());
    const auto copy = draft.headers[at];
    draft.headers.push_back(copy);
  }
  static void missing_header(Forger& f, Draft& draft) {
    draft.headers.erase(draft.headers.begin() +
                        static_cast<std::ptrdiff_t>(f.below(draft.headers.size())));
  }
  static void old_date(Forger& f, Draft& draft) {
    const auto off = static_cast<std::int64_t>(15 * 60'000 + 1'000 + f.below(1'000'000'000));
    draft.header("date") =
        http_date({InstanceWorld::kNow.unix_ms + (f.below(2) == 0 ? off : -off)});
    InstanceWorld::sign(draft, f.key_.pair);
  }
  // The public key is known: as the secret of a MAC it must prove nothing.
  static void mac_with_the_public_key(Forger& f, Draft& draft) {
    const std::string spki = f.key_.pair.public_key().spki();
    const auto secret = SecretBytes::copy_of(as_bytes(spki));
    const auto mac = crypto::HmacKey::make(crypto::MacHash::kSha256, *secret);
    std::vector<NameValue> views;
    const std::string text = string_to_sign(draft.request(views));
    std::string padded(224, '\0');
    padded.append(as_chars(mac->sign(as_bytes(text)).view()));
    put_signature(draft, padded);
    if (f.below(2) == 0) draft.header("x-kms-signaturemethod") = "HMAC-SHA256";
  }
  static void of_the_empty_text(Forger& f, Draft& draft) {
    const auto signature =
        f.key_.pair.sign(crypto::SignatureScheme::kRsaPkcs1Sha256, crypto::sha256(ByteView()));
    put_signature(draft, *signature);
  }
  static void another_padding(Forger& f, Draft& draft) {
    std::vector<NameValue> views;
    const std::string text = string_to_sign(draft.request(views));
    const auto signature =
        f.key_.pair.sign(crypto::SignatureScheme::kRsaPssSha256, crypto::sha256(as_bytes(text)));
    put_signature(draft, *signature);
  }

  static constexpr Way kWays[] = {flip_a_bit,
                                  flip_a_bit,
                                  flip_a_bit,
                                  flip_a_bit,
                                  flip_a_bit,
                                  cut_or_lengthen,
                                  random_signature,
                                  plain_number,
                                  another_id,
                                  another_body,
                                  another_body_and_hash,
                                  another_header,
                                  another_header,
                                  another_action,
                                  one_more_header,
                                  header_twice,
                                  missing_header,
                                  mac_with_the_public_key};
  static constexpr Way kSlowWays[] = {another_key, unknown_id, old_date, of_the_empty_text,
                                      another_padding};

  InstanceWorld& world_;
  const InstanceWorld::Key& key_;
  const InstanceWorld::Key& other_;
  std::mt19937_64 random_{20'261'122};
};

// A limiter that refuses sources which fail too often is no proof: every forgery has its own.
std::string address(int number) {
  return "10." + std::to_string(number >> 16) + '.' + std::to_string(number >> 8 & 255) + '.' +
         std::to_string(number & 255);
}

void expect_refused(const Told& told, int number) {
  ASSERT_GE(told.status, 400) << number;
  ASSERT_LT(told.status, 500) << number;
  ASSERT_NE(told.code, "") << number;
  ASSERT_NE(told.code, "Rejected.Throttling") << number;
  ASSERT_EQ(told.bytes.find(InstanceWorld::kValue), std::string::npos) << number;
  ASSERT_EQ(told.principal_type, "anonymous") << number << ' ' << told.code;
}

TEST(ForgedRequests, NoneOfTwentyThousandIsAccepted) {
  InstanceWorld world;
  const InstanceWorld::Key key = world.make_key();
  const InstanceWorld::Key other = world.make_key();
  Forger forger(world, key, other);
  const Draft genuine = world.read(key);
  for (int i = 0; i < kForgeries; ++i) {
    const Draft forged = i % 20 == 0 ? forger.next_signed() : forger.next_from(genuine);
    expect_refused(world.send(forged, address(i)), i);
    if (HasFatalFailure()) return;
    if (i % kControlEvery == 0) {
      const Told told = world.send(genuine);
      ASSERT_EQ(told.status, 200) << told.code;
      ASSERT_NE(told.bytes.find(InstanceWorld::kValue), std::string::npos);
    }
  }
}

TEST(Refusals, AreTextOfALengthThatFits) {
  InstanceWorld world;
  const InstanceWorld::Key key = world.make_key();
  Draft draft = world.read(key);
  draft.header("x-kms-apiname") = "\xFF\xFEName";
  InstanceWorld::sign(draft, key.pair);
  EXPECT_NE(world.send(draft).bytes.find("\"??Name\""), std::string::npos);
  world.must(service::kKms, "UpdatePolicy", {{"Name", "all"}, {"Resources", R"(["key/a"])"}});
  for (const std::string& name : {std::string("\xFF\xFEName"), std::string(100'000, 'n')}) {
    draft = world.read(key);
    draft.body.clear();
    append_bytes(draft.body, 1, name);
    const crypto::Digest32 hash = crypto::sha256(as_bytes(draft.body));
    draft.header("content-sha256") = hex_encode({hash.data(), hash.size()});
    InstanceWorld::sign(draft, key.pair);
    const Told told = world.send(draft);
    EXPECT_EQ(told.code, "Forbidden.NoPermission");
    EXPECT_EQ(told.bytes.find('\xFF'), std::string::npos);
    EXPECT_LT(told.bytes.size(), 2'000U);
  }
}

TEST(Refusals, OfTooLongABodyNameTheLimit) {
  InstanceWorld world;
  http::AnswerBuffer out;
  world.runner->write_refused({413, "RequestBodyTooLarge", "The request body exceeds 256 KiB."},
                              "0F5E8C2B-0000-4000-8000-000000000001", out);
  EXPECT_NE(out.body().find("3 MiB"), std::string::npos);
}

TEST(Validity, IsToldToHoldersOfTheKeyOnly) {
  InstanceWorld world;
  const InstanceWorld::Key key = world.make_key();
  const InstanceWorld::Key other = world.make_key();
  constexpr Instant kLater{InstanceWorld::kNow.unix_ms + 6LL * 365 * 86'400'000};
  Told told = world.send(world.read(key, kLater), "192.0.2.1", kLater);
  EXPECT_EQ(told.status, 403);
  EXPECT_EQ(told.code, "Forbidden.AccessKey");
  EXPECT_EQ(told.principal_type, "client-key");
  EXPECT_EQ(told.principal_name, "app");
  EXPECT_EQ(told.access_key_id, key.id);
  EXPECT_EQ(told.fingerprint.size(), 64U);
  EXPECT_EQ(told.source, "192.0.2.1");
  EXPECT_EQ(told.instance, world.instance);
  EXPECT_EQ(told.account, world.account);
  Draft draft = world.read(key, kLater);
  InstanceWorld::sign(draft, other.pair);
  told = world.send(draft, "192.0.2.1", kLater);
  EXPECT_EQ(told.code, "SignatureNotMatch");
  EXPECT_EQ(told.principal_type, "anonymous");
  EXPECT_EQ(told.account, AccountId());
}

TEST(Replay, ACopyFromAnotherAddressIsRefused) {
  InstanceWorld world;
  const Draft draft = world.read(world.make_key());
  EXPECT_EQ(world.send(draft, "192.0.2.1").status, 200);
  EXPECT_EQ(world.send(draft, "192.0.2.1").status, 200);
  EXPECT_EQ(world.send(draft, "192.0.2.2").status, 200);  // another instance of the application
  const Instant later{InstanceWorld::kNow.unix_ms + identity::kFleetMillis + 1};
  EXPECT_EQ(world.send(draft, "192.0.2.2", later).code, "SignatureNotMatch");
}

}  // namespace
}  // namespace strongroom::gateway_instance
