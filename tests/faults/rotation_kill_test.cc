// kill -9 at every boundary of a rotation, for every kind of target: before each call of the
// target (the claim is committed, the target knows nothing) and after it (the target has changed,
// its outcome is lost). The next process must finish the same rotation, and what it serves must log
// in. Each boundary once an hour later and once at once; 500 kills a kind with STRONGROOM_SOAK.

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "child.h"
#include "strongroom/base/check.h"
#include "strongroom/connector_ram/ram_connector.h"
#include "strongroom/connectors/all.h"
#include "strongroom/identity/directory.h"
#include "strongroom/service/rotation_driver.h"
#include "strongroom/store_lmdb/lmdb_store.h"
#include "strongroom/test/sealed_store_fixture.h"
#include "strongroom/test/throwaway.h"

namespace strongroom::faults {
namespace {

using connector::Kind;
using secrets::SecretType;

const AccountId kAccount = *AccountId::parse("1000000000000001");
constexpr std::string_view kName = "managed";
constexpr std::int64_t kOverlapMillis = 2'000;
constexpr std::int64_t kLifeMillis = 3'600'000;
constexpr int kSoakKills = 500;

/// What is rotated where. Nothing of it is in locked memory, which a fork empties.
struct Place {
  Kind kind = Kind::kTest;
  connector::Target target;
  std::string admin;
  std::string admin_secret;
  connector::Options options;
  SecretType type = SecretType::kGeneric;
  std::string name = std::string(kName);
  std::string config;  // ExtendedConfig; empty: a function
  std::string data;
  std::vector<std::string> executables;
  std::vector<std::string> private_hosts;
  std::string date_file;  // where a small cloud reads what time it is; empty: the machine's
};

class FixedTarget final : public rotation::TargetSource {
 public:
  explicit FixedTarget(const Place& place) : place_(place) {}
  Result<rotation::ResolvedTarget> resolve(barrier::Reader&, const secrets::Secret&,
                                           std::string_view) override {
    return rotation::ResolvedTarget{.kind = place_.kind,
                                    .target = place_.target,
                                    .admin = {place_.admin, "", test::secret(place_.admin_secret)},
                                    .owner_role = "",
                                    .options = place_.options};
  }

 private:
  const Place& place_;
};

/// Kills the process at the boundary with this number; 0: at none.
class KillingRunner final : public connector::Runner {
 public:
  KillingRunner(connector::Runner& inner, int boundary) : inner_(inner), boundary_(boundary) {}
  bool serves(Kind kind) const override { return inner_.serves(kind); }
  void submit(connector::Job job, Done done) override {
    boundary();
    auto outcome = inner_.run(std::move(job));
    boundary();
    done(std::move(outcome));
  }

 private:
  void boundary() {
    if (++passed_ == boundary_) ::raise(SIGKILL);
  }
  connector::Runner& inner_;
  const int boundary_;
  int passed_ = 0;
};

/// A server's rotation over the directory, as far as it matters here. Everything in it ends with
/// the process.
class World {
 public:
  World(const std::string& directory, const Place& place, std::int64_t now_ms, int boundary)
      : place_(place), clock_(Instant{now_ms}) {
    auto opened =
        barrier::open_data_directory(directory, barrier::Mode::kDev, barrier::DevSecret{});
    SR_CHECK(opened.has_value());
    engine_ = std::move(*store_lmdb::open({.directory = directory + "/store"}));
    auto sealed = barrier::open_sealed_store(*engine_, std::move(opened->keys),
                                             {.cluster = opened->superblock.cluster,
                                              .clock = clock_,
                                              .random = random_,
                                              .initialize = false,
                                              .background_check = false});
    SR_CHECK(sealed.has_value());
    store_ = std::move(*sealed);
    keys_.emplace(*store_, random_, "cn-hangzhou");
    secrets_.emplace(*store_, *keys_, random_, "cn-hangzhou");
    rotations_.emplace(*secrets_, *keys_, &target_, random_,
                       rotation::Settings{.region = "cn-hangzhou", .overlap_ms_min = 1'000});
    ram_.emplace(
        connector_ram::RamConnector::Parts{*store_, directory_, clock_, random_, "cn-hangzhou"});
    all_ = connectors::make_all(
        {.private_hosts = place.private_hosts, .executables = place.executables});
    std::vector<connector::Connector*> kinds{&*ram_};
    for (const auto& one : all_) kinds.push_back(one.get());
    local_.emplace(std::move(kinds));
    runner_.emplace(*local_, boundary);
    driver_.emplace(service::RotationDriver::Parts{*store_, *rotations_, *runner_, clock_, random_,
                                                   "cn-hangzhou"},
                    0);
  }

  void make_secret() {
    const auto transaction = *store_->begin();
    const Instant now = clock_.now();
    const keys::WrappingKey key = *keys_->default_wrapping_key(*transaction, kAccount, now);
    secrets::NewSecret wanted{.account = kAccount,
                              .name = place_.name,
                              .version_id = "v0",
                              .description = "",
                              .creator = "test"};
    if (place_.config.empty()) {
      const auto made =
          secrets_->create(*transaction, std::move(wanted), test::secret(place_.data), key, now);
      SR_CHECK(made.has_value());
      rotation::Function function;
      function.target = "fn";
      SR_CHECK(rotations_->set_function(*transaction, *made, function, now).has_value());
    } else {
      if (place_.type == SecretType::kRamCredentials) make_user(*transaction, now);
      const auto config = *rotation::parse_extended_config(place_.type, place_.config);
      auto values = rotations_->first_values({kAccount, place_.name, place_.type, config},
                                             test::secret(place_.data), now);
      SR_CHECK(values.has_value());
      wanted.type = place_.type;
      wanted.extended_config = rotation::to_json(config);
      if (values->previous) {
        wanted.previous_id = "v-twin";
        wanted.previous_value = &*values->previous;
      }
      const auto made =
          secrets_->create(*transaction, std::move(wanted), values->current, key, now);
      SR_CHECK(made.has_value());
      SR_CHECK(rotations_->adopt(*transaction, *made, *values, now).has_value());
    }
    SR_CHECK(transaction->commit().has_value());
  }

  void request(const std::string& version) {
    const auto transaction = *store_->begin();
    const auto view = secrets_->view(*transaction, kAccount, place_.name);
    SR_CHECK(
        rotations_->request(*transaction, view->decode(), {version, kOverlapMillis}, clock_.now())
            .has_value());
    SR_CHECK(transaction->commit().has_value());
  }

  /// The killed process had the store for itself, as this one has.
  void take_over() {
    SR_CHECK(engine_->exclusive());
    SR_CHECK(driver_->take_over().has_value());
  }

  /// Everything that falls due, until nothing runs any more.
  void work() {
    constexpr int kSecondsMax = 600;
    for (int second = 0; second < kSecondsMax; ++second, clock_.advance_ms(1'000)) {
      const auto rows = *store_->due(barrier::TimeTable::kDue, clock_.now(), 100);
      for (const barrier::TimedRow& row : rows) take(row);
      if (rows.empty() && !run().running()) return;
    }
    SR_CHECK(!"the rotation does not end");
  }

  /// The rotation succeeded, and what is served logs in.
  void check(const std::string& version) {
    const rotation::Run last = run();
    if (last.result != rotation::Ended::kSucceeded) {
      std::fprintf(stderr, "%s: %s\n", last.code.c_str(), last.message.c_str());
      SR_CHECK(!"the rotation did not succeed");
    }
    const auto reader = *store_->reader();
    const auto view = *secrets_->view(*reader, kAccount, place_.name);
    SR_CHECK(view.find_label(secrets::kCurrent)->id() == version);
    SR_CHECK(!view.find_label(secrets::kPending));
    auto probe = rotations_->probe(*reader, kAccount, place_.name);
    SR_CHECK(probe.has_value() && probe->has_value());
    const bool dual = (*probe)->job.dual;
    const auto seen = local_->run(std::move((*probe)->job));
    SR_CHECK(seen.has_value() && seen->facts.current == connector::Login::kAccepted);
    SR_CHECK(!dual || seen->facts.previous == connector::Login::kAccepted);
  }

 private:
  rotation::Run run() {
    const auto reader = *store_->reader();
    const auto view = *secrets_->view(*reader, kAccount, place_.name);
    return *rotations_->run_of(*reader, view.decode());
  }
  void take(const barrier::TimedRow& row) {
    const due::Task task = *due::decode(row.record->body());
    const auto transaction = *store_->begin();
    auto claimed = rotations_->claim(*transaction, task, clock_.now());
    SR_CHECK(claimed.has_value());
    transaction->remove_timed(row.key, row.record->modified());
    SR_CHECK(transaction->commit().has_value());
    if (claimed->work) driver_->start(std::move(claimed->work));
  }
  void make_user(barrier::Transaction& transaction, Instant now) {
    identity::User user;
    user.name = "app";
    SR_CHECK(directory_.create_user(transaction, kAccount, user, now).has_value());
    SR_CHECK(directory_
                 .import_access_key(
                     transaction, {kAccount, "app"},
                     {"LTAI5tFirstFirstFirstFir", test::secret("FirstSecretOfThirtyCharacters0")},
                     now)
                 .has_value());
  }

  const Place& place_;
  SystemRandom random_;
  ManualClock clock_;
  FixedTarget target_{place_};
  std::unique_ptr<store::Store> engine_;
  std::unique_ptr<barrier::SealedStore> store_;
  identity::Directory directory_{random_};
  std::optional<keys::Keys> keys_;
  std::optional<secrets::Secrets> secrets_;
  std::optional<rotation::Rotations> rotations_;
  std::optional<connector_ram::RamConnector> ram_;
  std::vector<std::unique_ptr<connector::Connector>> all_;
  std::optional<connector::LocalRunner> local_;
  std::optional<KillingRunner> runner_;
  std::optional<service::RotationDriver> driver_;
};

class RotationKills : public testing::Test {
 protected:
  void SetUp() override { fixture_.stop(); }

  /// In a process of its own, an hour after the last one: every lease is over. True if it was
  /// killed, as it wanted.
  bool lives(const Place& place, int boundary, const std::function<void(World&)>& life) {
    now_ms_ += kLifeMillis;
    return lives_on(place, boundary, life);
  }
  /// The same, at the same time as the last one.
  bool lives_on(const Place& place, int boundary, const std::function<void(World&)>& life) {
    if (!place.date_file.empty())
      std::ofstream(place.date_file) << format_utc({now_ms_ + kLifeMillis / 2});
    const ChildResult result = run_in_child([&](const Reporter&) {
      World world(fixture_.directory(), place, now_ms_, boundary);
      life(world);
      return 0;
    });
    const bool killed = WIFSIGNALED(result.status) && WTERMSIG(result.status) == SIGKILL;
    EXPECT_TRUE(killed || result.exited_with(0)) << result.stderr_text;
    return killed;
  }

  void kill_everywhere(const Place& place) {
    // Where the server makes the accounts itself, that is killed too.
    lives(place, 2, [](World& world) {
      world.make_secret();
      world.work();
    });
    lives(place, 0, [](World& world) { world.work(); });
    const int wanted = std::getenv("STRONGROOM_SOAK") != nullptr ? kSoakKills : 0;
    int kills = 0;
    int highest = 0;
    bool at_once = false;
    do {
      for (int boundary = 1; !HasFailure(); ++boundary) {
        const std::string version = "r" + std::to_string(kills) + "-" + std::to_string(boundary);
        const bool killed = lives(place, boundary, [&](World& world) {
          world.request(version);
          world.work();
        });
        const auto finish = [&](World& world) {
          if (at_once) world.take_over();
          world.work();
          world.check(version);
        };
        at_once ? lives_on(place, 0, finish) : lives(place, 0, finish);
        if (!killed) break;
        ++kills;
        highest = std::max(highest, boundary);
      }
      at_once = !at_once;
    } while ((at_once || kills < wanted) && !HasFailure());
    EXPECT_GE(highest, 6) << "set, test and what follows, before and after each";
  }

  /// A Place at a throwaway server.
  static Place at(const test::Throwaway& server, Kind kind) {
    Place place;
    place.kind = kind;
    place.target = server.target();
    place.admin = server.fact("admin");
    place.admin_secret = server.fact("password");
    return place;
  }

  test::SealedStoreFixture fixture_;
  std::int64_t now_ms_ = fixture_.clock().now().unix_ms;
};

TEST_F(RotationKills, MariaDb) {
  const test::Throwaway server("mariadb");
  Place place = at(server, Kind::kMysql);
  place.type = SecretType::kPolarDb;
  place.config =
      R"({"SecretSubType":"DoubleUsers","RegionId":"cn-hangzhou","DBClusterId":"pc-1","DBType":"MySQL",)"
      R"("AccountName":"kills","AccountPrivilege":"ReadOnly","DBName":"app"})";
  place.data = "$Auto";
  kill_everywhere(place);
}

TEST_F(RotationKills, PostgreSql) {
  const test::Throwaway server("postgres");
  Place place = at(server, Kind::kPostgres);
  place.type = SecretType::kPolarDb;
  place.config = R"({"SecretSubType":"DoubleUsers","RegionId":"cn-hangzhou","DBClusterId":"pc-1",)"
                 R"("DBType":"PostgreSQL","AccountName":"kills"})";
  place.data = "$Auto";
  kill_everywhere(place);
}

TEST_F(RotationKills, Redis) {
  const test::Throwaway server("redis");
  Place place = at(server, Kind::kRedis);
  place.type = SecretType::kRedis;
  place.config =
      R"({"SecretSubType":"DoubleUsers","RegionId":"cn-hangzhou","InstanceId":"r-1",)"
      R"("AccountName":"kills","CloneAccountName":"kills_clone","AccountPrivilege":"RoleReadOnly"})";
  place.data = "$Auto";
  kill_everywhere(place);
}

TEST_F(RotationKills, Host) {
  if (getuid() != 0 || std::system("unshare -m true") != 0)
    GTEST_SKIP() << "a host with accounts of its own needs root and mount namespaces";
  const test::Throwaway server("sshd");
  Place place;
  place.kind = Kind::kSsh;
  place.target.name = "i-test";
  place.target.address = server.fact("host") + ":" + server.fact("port");
  place.target.host_keys = server.fact("host_key");
  place.admin = server.fact("admin");
  place.admin_secret = server.fact("private_key");
  place.type = SecretType::kEcs;
  place.name = "acs/ecs/managed";
  place.config = R"({"SecretSubType":"Password","RegionId":"cn-hangzhou","InstanceId":"i-test"})";
  place.data = R"({"UserName":"app","Password":")" + server.fact("app_password") + R"("})";
  kill_everywhere(place);
}

/// A Place at a small cloud.
Place at_cloud(const test::Throwaway& server, Kind kind, const std::string& id) {
  Place place;
  place.kind = kind;
  place.target.name = id;
  place.target.address = "https://127.0.0.1:" + server.fact("api_port");
  place.target.tls_roots = server.fact("ca");
  place.admin = server.fact("key_id");
  place.admin_secret = server.fact("password");
  place.options = {{"login", "127.0.0.1:" + server.fact("port")}};
  place.private_hosts = {"127.0.0.1"};
  place.date_file = server.fact("date");
  return place;
}

TEST_F(RotationKills, RdsOfTheCloud) {
  const test::Throwaway server("cloud");
  Place place = at_cloud(server, Kind::kCloudRds, "rm-test");
  place.type = SecretType::kRds;
  place.config = R"({"SecretSubType":"DoubleUsers","DBInstanceId":"rm-test"})";
  place.data = R"({"Accounts":[{"AccountName":"shop","AccountPassword":"Shop-password-1"}]})";
  kill_everywhere(place);
}

TEST_F(RotationKills, RamOfTheCloud) {
  const test::Throwaway server("cloud");
  Place place = at_cloud(server, Kind::kCloudRam, "app.prod");
  place.type = SecretType::kRamCredentials;
  place.name = "acs/ram/user/app.prod";
  place.config = R"({"SecretSubType":"RamUserAccessKey","UserName":"app.prod"})";
  place.data =
      R"({"AccessKeys":[{"AccessKeyId":"LTAI5tFirstFirstFirstFir","AccessKeySecret":"FirstSecretOfThirtyCharacters0"}]})";
  kill_everywhere(place);
}

TEST_F(RotationKills, HostOfTheCloud) {
  if (getuid() != 0 || std::system("unshare -m true") != 0)
    GTEST_SKIP() << "a host with accounts of its own needs root and mount namespaces";
  const test::Throwaway server("cloud-ecs");
  Place place = at_cloud(server, Kind::kCloudEcs, "i-test");
  place.target.host_keys = server.fact("host_key");
  place.type = SecretType::kEcs;
  place.name = "acs/ecs/managed";
  place.config = R"({"SecretSubType":"Password","RegionId":"cn-hangzhou","InstanceId":"i-test"})";
  place.data = R"({"UserName":"app","Password":")" + server.fact("app_password") + R"("})";
  kill_everywhere(place);
}

TEST_F(RotationKills, OurOwnRam) {
  Place place;
  place.kind = Kind::kRam;
  place.type = SecretType::kRamCredentials;
  place.name = "acs/ram/user/app";
  place.config = R"({"SecretSubType":"RamUserAccessKey","UserName":"app"})";
  place.data =
      R"({"AccessKeys":[{"AccessKeyId":"LTAI5tFirstFirstFirstFir","AccessKeySecret":"FirstSecretOfThirtyCharacters0"}]})";
  kill_everywhere(place);
}

TEST_F(RotationKills, AFunctionOfTheUser) {
  const std::string directory = fixture_.directory() + "-function";
  std::filesystem::create_directory(directory);
  const std::string program = directory + "/function.py";
  std::ofstream(program) << R"(#!/usr/bin/env python3
import json, os, sys
event = json.load(sys.stdin)
file = os.path.join(os.path.dirname(sys.argv[0]), "system")
def accepts(value):
    return os.path.exists(file) and open(file).read() == value
answer = {"Status": "done"}
if event["Step"] == "new":
    answer["Value"] = "made-" + event["Candidate"]
elif event["Step"] == "set":
    open(file, "w").write(event["Pending"])
elif event["Step"] == "test" and not accepts(event["Pending"]):
    answer = {"Status": "unreachable", "Code": "LoginRefused", "Message": "It refuses the value."}
elif event["Step"] == "probe":
    answer["Current"] = "accepted" if accepts(event["Current"]) else "refused"
print(json.dumps(answer))
)";
  chmod(program.c_str(), 0755);
  Place place;
  place.kind = Kind::kExecutable;
  place.target.name = "fn";
  place.target.address = program;
  place.data = "first";
  place.executables = {program};
  kill_everywhere(place);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace strongroom::faults
