#include "strongroom/server/config.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace strongroom::server {
namespace {

class ConfigTest : public ::testing::Test {
 protected:
  ~ConfigTest() override { std::remove(file_.c_str()); }
  const std::string& write(const std::string& text) {
    file_ = ::testing::TempDir() + "/config-" + std::to_string(getpid()) + ".toml";
    std::ofstream(file_) << text;
    return file_;
  }
  std::string file_;
  Environment none_ = [](std::string_view) { return std::nullopt; };
};

TEST_F(ConfigTest, DefaultsAreComplete) {
  const auto values = collect("", none_, {});
  ASSERT_TRUE(values);
  const auto config = interpret(*values);
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->listen.port, 8443);
  EXPECT_EQ(config->region, "cn-hangzhou");
}

TEST_F(ConfigTest, FlagsBeatEnvironmentBeatsFile) {
  const Environment environment = [](std::string_view name) -> std::optional<std::string> {
    if (name == "STRONGROOM_REGION") return "from-environment";
    if (name == "STRONGROOM_LISTEN") return "127.0.0.1:1";
    return std::nullopt;
  };
  const auto values =
      collect(write("[server]\nregion = \"from-file\"\nio_threads = 3\nlisten = \"127.0.0.1:2\"\n"),
              environment, {{"server.listen", "127.0.0.1:3"}});
  ASSERT_TRUE(values) << values.error().message();
  EXPECT_EQ(values->at("server.region").text, "from-environment");
  EXPECT_EQ(values->at("server.region").origin, "environment STRONGROOM_REGION");
  EXPECT_EQ(values->at("server.listen").text, "127.0.0.1:3");
  EXPECT_EQ(values->at("server.io_threads").text, "3");
  EXPECT_EQ(values->at("server.io_threads").origin, file_ + ":3");
}

TEST_F(ConfigTest, RefusalsNameThePlace) {
  const auto unknown = collect(write("[server]\nlisen = \"x\"\n"), none_, {});
  ASSERT_FALSE(unknown);
  EXPECT_NE(unknown.error().message().find(":2: unknown key server.lisen"), std::string::npos)
      << unknown.error().message();
  EXPECT_FALSE(collect(write("[server\n"), none_, {}));
  const std::pair<const char*, const char*> bad[] = {
      {"server.listen", "localhost:1"},
      {"server.listen", "127.0.0.1"},
      {"server.listen", "127.0.0.1:70000"},
      {"audit.durability", "never"},
      {"server.io_threads", "-1"},
      {"security.allow_swap", "yes"},
      {"server.pin_cpus", "1,x"},
      {"data.directory", ""},
      {"audit.export_sls", "host"},
      {"audit.export_sls", "host/store"},
      {"server.instance_listen", "kst-1"},
      {"server.instance_listen", "kst-1=localhost:1"},
      {"server.instance_listen", "kst-1=127.0.0.1:1,kst-1=127.0.0.1:2"}};
  for (const auto& [key, text] : bad) {
    const auto values = collect("", none_, {{key, text}});
    ASSERT_TRUE(values);
    EXPECT_FALSE(interpret(*values)) << key << '=' << text;
  }
}

TEST_F(ConfigTest, InstancesHaveAddressesOfTheirOwn) {
  const auto values =
      collect("", none_, {{"server.instance_listen", "kst-1=127.0.0.1:1,kst-2=[::1]:2"}});
  const auto config = interpret(*values);
  ASSERT_TRUE(config) << config.error().message();
  ASSERT_EQ(config->instance_listen.size(), 2U);
  EXPECT_EQ(config->instance_listen[0].instance_id, "kst-1");
  EXPECT_EQ(config->instance_listen[1].address.host, "::1");
  EXPECT_EQ(config->instance_listen[1].address.port, 2);
}

TEST_F(ConfigTest, AddressesAreLiteral) {
  EXPECT_EQ(parse_address("[::1]:0")->host, "::1");
  EXPECT_FALSE(parse_address("::1:0"));
  EXPECT_FALSE(parse_address("[127.0.0.1]:1"));
}

}  // namespace
}  // namespace strongroom::server
