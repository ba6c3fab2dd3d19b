#pragma once
// What tests of managed secrets share: secrets over the scripted database, and looks at them.

#include <string>
#include <vector>

#include "service_fixture.h"

namespace strongroom::service {

inline constexpr const char* kOne =
    R"({"Accounts":[{"AccountName":"app","AccountPassword":"old"}]})";
inline constexpr const char* kTwo =
    R"({"Accounts":[{"AccountName":"app","AccountPassword":"old"},{"AccountName":"other","AccountPassword":"old2"}]})";

inline constexpr const char* kCache =
    R"({"SecretSubType":"DoubleUsers","AccountName":"app","CloneAccountName":"app_clone","AccountPrivilege":"RoleReadWrite","InstanceId":"r-1","RegionId":"cn-hangzhou"})";

class RotationTest : public ServiceFixture {
 protected:
  Answer create_rds(const std::string& name, const std::string& data, const std::string& sub_type,
                    Params more = {}, const std::string& instance = "rm-1") {
    more.insert({{"SecretType", "Rds"},
                 {"ExtendedConfig", R"({"SecretSubType":")" + sub_type + R"(","DBInstanceId":")" +
                                        instance + R"("})"}});
    Answer made = create(name, data, more);
    work();  // the look at what was given
    return made;
  }
  Answer rotate(const std::string& name, const std::string& version, Params more = {}) {
    more.insert({{"SecretName", name}, {"VersionId", version}});
    return call("RotateSecret", more);
  }
  std::string value(const std::string& name, const std::string& stage = "") {
    const Answer got = call("GetSecretValue", {{"SecretName", name}, {"VersionStage", stage}});
    return got.ok() ? text_at(got.json, "/SecretData") : got.code;
  }
  std::string field(const std::string& name, const std::string& pointer) {
    return text_at(call("DescribeSecret", {{"SecretName", name}}).json, pointer);
  }
  std::string overdue(const std::string& name) {
    const auto reader = *fixture_->reader();
    const Operation& row = *service_.find(kStrongroom.version, "DescribeRotation");
    return text_at(run(root(), row, {{"SecretName", name}}, reader.get()).json, "/Overdue");
  }
  /// The value's login works at the database.
  bool works(const std::string& json) {
    const auto account = database_.accounts.find(text_at(json, "/AccountName"));
    return account != database_.accounts.end() &&
           account->second == text_at(json, "/AccountPassword");
  }
  rotation::Run run_of(const std::string& name) {
    const auto reader = *fixture_->reader();
    return *rotations_.run_of(*reader, secrets_.view(*reader, kAccount, name)->decode());
  }
  std::vector<std::string> events() {
    std::vector<std::string> names;
    const auto rows = fixture_->due(barrier::TimeTable::kEvent, Instant{INT64_MAX}, 100);
    for (const auto& row : *rows) names.push_back(due::decode_event(row.record->body())->name);
    return names;
  }
};

}  // namespace strongroom::service
