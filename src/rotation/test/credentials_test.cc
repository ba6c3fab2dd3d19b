#include "strongroom/rotation/credentials.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "openssh.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/rotation/extended_config.h"
#include "strongroom/test/reveal.h"

namespace strongroom::rotation {
namespace {

using secrets::SecretType;

constexpr Form kRdsPair{SecretType::kRds, "DoubleUsers"};
constexpr Form kRdsSingle{SecretType::kRds, "SingleUser"};
constexpr Form kRam{SecretType::kRamCredentials, "RamUserAccessKey"};
constexpr Form kSsh{SecretType::kEcs, "SSHKey"};

TEST(Given, AccountsAreRead) {
  const auto given = parse_given(
      kRdsPair,
      test::secret(R"( {"Accounts": [ {"AccountName":"a","AccountPassword":"p\"\u00e9\ud83d\ude00"},
                                  {"AccountPassword":"q","AccountName":"b"} ] } )"));
  ASSERT_TRUE(given) << given.error().message();
  ASSERT_EQ(given->size(), 2U);
  EXPECT_EQ((*given)[0].account, "a");
  EXPECT_EQ(test::reveal((*given)[0].secret), "p\"é😀");
  EXPECT_EQ((*given)[1].account, "b");
}

TEST(Given, OtherFormsAreRefused) {
  for (const char* text :
       {"", "{}", "[]", "$Auto", R"({"Accounts":[]})", R"({"Accounts":[{}]})",
        R"({"Accounts":[{"AccountName":"a","AccountPassword":""}]})",
        R"({"Accounts":[{"AccountName":"","AccountPassword":"p"}]})",
        R"({"Accounts":[{"AccountName":"a","AccountPassword":"p","x":"y"}]})",
        R"({"Accounts":[{"AccountName":"a","AccountName":"a","AccountPassword":"p"}]})",
        R"({"Accounts":[{"AccountName":"a","AccountPassword":"p"}]}x)",
        R"({"Accounts":[{"AccountName":"a","AccountPassword":"\ud800"}]})",
        R"({"Accounts":[{"AccountName":"a","AccountPassword":"p)"}) {
    EXPECT_FALSE(parse_given(kRdsPair, test::secret(text))) << text;
  }
  const char* two =
      R"({"Accounts":[{"AccountName":"a","AccountPassword":"p"},{"AccountName":"b","AccountPassword":"q"}]})";
  EXPECT_TRUE(parse_given(kRdsPair, test::secret(two)));
  EXPECT_FALSE(parse_given(kRdsSingle, test::secret(two)));
}

TEST(Render, WhatIsReadIsTheDocumentedForm) {
  const connector::Credential account{"app", "", test::secret("p\"\\\n")};
  EXPECT_EQ(test::reveal(*render(kRdsPair, account, {})),
            R"({"AccountName":"app","AccountPassword":"p\"\\\u000a"})");
  const connector::Credential key{"bob", "LTAI1", test::secret("s")};
  const auto value = render(kRam, key, *parse_utc("2023-03-25T10:42:40Z"));
  EXPECT_EQ(
      test::reveal(*value),
      R"({"AccessKeyId":"LTAI1","AccessKeySecret":"s","GenerateTimestamp":"2023-03-25T10:42:40Z"})");
  const auto back = parse_value(kRam, *value);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->public_part, "LTAI1");
  EXPECT_EQ(test::reveal(back->secret), "s");
}

TEST(Generate, PasswordsHaveEveryClassAndNeedNoQuoting) {
  SystemRandom random;
  for (int i = 0; i < 200; ++i) {
    const std::string password = test::reveal(generate(kRdsPair, "app", random)->secret);
    EXPECT_EQ(password.size(), 32U);
    EXPECT_NE(password.find_first_of("_-"), std::string::npos);
    EXPECT_NE(password.find_first_of("0123456789"), std::string::npos);
    EXPECT_EQ(password.find_first_not_of(
                  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"),
              std::string::npos);
    EXPECT_NE(password[0], '-');
  }
}

// What ssh-keygen writes: the public line, and OpenSSH's own form of the private key.
std::pair<std::string, std::string> key_files(const std::string& options) {
  const std::string file = testing::TempDir() + "credentials_test_key";
  const auto text = [](const std::string& path) {
    std::ifstream in(path);
    return std::string(std::istreambuf_iterator<char>(in), {});
  };
  std::filesystem::remove(file);
  EXPECT_EQ(std::system(("ssh-keygen -q -C me@here " + options + " -f " + file).c_str()), 0);
  std::pair<std::string, std::string> files{text(file + ".pub"), text(file)};
  std::filesystem::remove(file);
  std::filesystem::remove(file + ".pub");
  return files;
}

TEST(Given, AnSshKeyIsAWholePair) {
  for (const char* options : {"-t ed25519 -N ''", "-t rsa -b 2048 -N ''", "-t ecdsa -N ''"}) {
    const auto [line, pem] = key_files(options);
    const auto [other, unused] = key_files(options);
    EXPECT_TRUE(is_ssh_pair(line, test::secret(pem))) << options;
    EXPECT_FALSE(is_ssh_pair(other, test::secret(pem))) << options;
    EXPECT_FALSE(is_ssh_pair(line, test::secret(pem.substr(0, 60)))) << options;
    const std::string key = line.substr(0, line.rfind(' '));
    EXPECT_TRUE(is_ssh_pair(key, test::secret(pem))) << options;
    for (const std::size_t size : {std::size_t{3}, std::size_t{11}, std::size_t{16}, key.size() / 2,
                                   key.size() - 4, key.size() - 1})
      EXPECT_FALSE(is_ssh_pair(key.substr(0, size), test::secret(pem))) << options << size;
    EXPECT_FALSE(is_ssh_pair("restrict " + key, test::secret(pem))) << options;
    EXPECT_FALSE(is_ssh_pair(key + "\n" + other, test::secret(pem))) << options;
  }
  const auto [line, pem] = key_files("-t ed25519 -N secret");
  EXPECT_FALSE(is_ssh_pair(line, test::secret(pem))) << "has a passphrase";
}

TEST(Given, AnSshKeyInPemIsAPairToo) {
  for (const char* options :
       {"-t rsa -b 2048 -N '' -m PEM", "-t rsa -b 2048 -N '' -m PKCS8", "-t ecdsa -N '' -m PEM",
        "-t ecdsa -b 384 -N '' -m PKCS8", "-t ecdsa -b 521 -N '' -m PKCS8"}) {
    const auto [line, pem] = key_files(options);
    const auto [other, unused] = key_files(options);
    ASSERT_FALSE(pem.contains("OPENSSH")) << options;
    EXPECT_TRUE(is_ssh_pair(line, test::secret(pem))) << options;
    EXPECT_FALSE(is_ssh_pair(other, test::secret(pem))) << options;
    EXPECT_FALSE(is_ssh_pair(line, test::secret(pem.substr(0, pem.size() / 2)))) << options;
  }
  for (const char* form : {"PEM", "PKCS8"}) {
    const auto [line, pem] = key_files("-t rsa -b 2048 -N secret -m " + std::string(form));
    EXPECT_FALSE(is_ssh_pair(line, test::secret(pem))) << "has a passphrase: " << form;
  }
}

TEST(Given, AnSshKeyThatIsNoPairIsRefusedWithTheReason) {
  const auto refused = parse_given(
      kSsh, test::secret(R"({"UserName":"a","PublicKey":"ssh-rsa AAAAB3Nz","PrivateKey":"x"})"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message().find("one whole line"), std::string::npos);
}

TEST(Generate, AnSshKeyPairFitsTogether) {
  SystemRandom random;
  const auto key = generate(kSsh, "deploy", random);
  ASSERT_TRUE(key);
  EXPECT_TRUE(key->public_part.starts_with("ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQ"));
  const std::string pem = test::reveal(key->secret);
  EXPECT_TRUE(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
  EXPECT_TRUE(pem.ends_with("-----END PRIVATE KEY-----\n"));
}

TEST(ExtendedConfig, ComesBackSortedAndCompact) {
  const auto config = parse_extended_config(
      SecretType::kEcs,
      R"({"SecretSubType":"SSHKey", "RegionId":"cn-hangzhou","InstanceId":"i-1","CustomData":{"b":"2","a":"1"}})");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(
      to_json(*config),
      R"({"CommandId":"","CustomData":{"a":"1","b":"2"},"InstanceId":"i-1","RegionId":"cn-hangzhou","SecretSubType":"SSHKey"})");
  EXPECT_EQ(config->target(), "i-1");
  EXPECT_EQ(to_json(*stored_extended_config(to_json(*config))), to_json(*config));
}

TEST(ExtendedConfig, WhatDoesNotFitTheTypeIsRefused) {
  EXPECT_EQ(parse_extended_config(SecretType::kRds, "").error().code(), "MissingParameter");
  for (const char* text :
       {"x", "[]", "{}", R"({"SecretSubType":"SingleUser"})",
        R"({"SecretSubType":"Other","DBInstanceId":"rm"})",
        R"({"SecretSubType":"SingleUser","DBInstanceId":"rm","Zone":"z"})",
        R"({"SecretSubType":"SingleUser","DBInstanceId":1})",
        R"({"SecretSubType":"SingleUser","DBInstanceId":"rm","CustomData":{"a":1}})",
        R"({"SecretSubType":"SingleUser","DBInstanceId":"r\nm"})"}) {
    EXPECT_EQ(parse_extended_config(SecretType::kRds, text).error().code(), "InvalidParameter")
        << text;
  }
  EXPECT_TRUE(parse_extended_config(SecretType::kRds,
                                    R"({"SecretSubType":"DualUser","DBInstanceId":"rm"})"));
  std::string many = R"({"SecretSubType":"SingleUser","DBInstanceId":"rm","CustomData":{)";
  for (int i = 0; i < 11; ++i) many += (i > 0 ? ",\"" : "\"") + std::to_string(i) + "\":\"x\"";
  EXPECT_FALSE(parse_extended_config(SecretType::kRds, many + "}}"));
}

TEST(ExtendedConfig, WhatIsMissingIsToldAtOnce) {
  const auto told = [](SecretType type, const char* json) {
    return parse_extended_config(type, json).error().message();
  };
  const auto tells = [&told](SecretType type, const char* json, std::string_view text) {
    return told(type, json).find(text) != std::string::npos;
  };
  EXPECT_TRUE(tells(SecretType::kRedis, R"({"SecretSubType":"DoubleUsers","AccountName":"a"})",
                    "Give it the fields AccountPrivilege, CloneAccountName, InstanceId and "
                    "RegionId."));
  EXPECT_TRUE(tells(SecretType::kRds, R"({"SecretSubType":"SingleUser"})",
                    "Give it the field DBInstanceId."));
  EXPECT_TRUE(tells(SecretType::kRds, R"({"SecretSubType":"SingleUser","InstanceId":"rm"})",
                    "no field InstanceId, but SecretSubType, DBInstanceId and CustomData."));
}

TEST(ExtendedConfig, TheTwinIsNamedAfterTheAccount) {
  const std::string start =
      R"({"SecretSubType":"DoubleUsers","RegionId":"r","DBClusterId":"pc","DBType":"MySQL","AccountName":"app")";
  const auto config = parse_extended_config(SecretType::kPolarDb, start + "}");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->get("CloneAccountName"), "app_clone");
  EXPECT_FALSE(
      parse_extended_config(SecretType::kPolarDb, start + R"(,"CloneAccountName":"other"})"));
}

/// The code of a pair that the server makes, with these fields more; empty if it is taken.
std::string code_of(SecretType type, const std::string& more) {
  const std::string start =
      type == SecretType::kRedis
          ? R"({"SecretSubType":"DoubleUsers","RegionId":"r","InstanceId":"r-1",)"
          : R"({"SecretSubType":"DoubleUsers","RegionId":"r","DBClusterId":"pc",)";
  const auto config = parse_extended_config(type, start + more + "}");
  return config ? "" : config.error().code();
}

TEST(ExtendedConfig, RightsThatNobodyKnowsAreNotGuessed) {
  const auto redis = [](const std::string& privilege) {
    return code_of(SecretType::kRedis,
                   R"("AccountName":"a","CloneAccountName":"a_clone","AccountPrivilege":")" +
                       privilege + "\"");
  };
  EXPECT_EQ(redis("RoleReadOnly"), "");
  EXPECT_EQ(redis("RoleReadWrite"), "");
  EXPECT_EQ(redis("RoleReadonly"), "InvalidParameter");
  const auto mysql = [](const std::string& more) {
    return code_of(SecretType::kPolarDb, R"("DBType":"MySQL","AccountName":"a")" + more);
  };
  for (const char* privilege : {"ReadWrite", "ReadOnly", "DMLOnly", "DDLOnly", "ReadIndex"})
    EXPECT_EQ(mysql(R"(,"DBName":"d","AccountPrivilege":")" + std::string(privilege) + "\""), "");
  EXPECT_EQ(mysql(""), "");
  EXPECT_EQ(mysql(R"(,"DBName":"d","AccountPrivilege":"readonly")"), "InvalidParameter");
  EXPECT_EQ(mysql(R"(,"DBName":"d")"), "InvalidParameter");
  EXPECT_EQ(mysql(R"(,"AccountPrivilege":"ReadOnly")"), "InvalidParameter");
}

TEST(ExtendedConfig, TheTwinsNameFitsTheDatabase) {
  const auto named = [](const std::string& engine, std::size_t size) {
    return code_of(SecretType::kPolarDb, R"("DBType":")" + engine + R"(","AccountName":")" +
                                             std::string(size, 'a') + "\"");
  };
  EXPECT_EQ(named("MySQL", 26), "");
  EXPECT_EQ(named("MySQL", 27), "InvalidParameter");
  EXPECT_EQ(named("PostgreSQL", 57), "");
  EXPECT_EQ(named("PostgreSQL", 58), "InvalidParameter");
}

}  // namespace
}  // namespace strongroom::rotation
