// Searches of the call log at the size of a large node: 100 million records, made by the log's own
// writer. Long and large (docs/audit.md, "How fast"), so only in `make soak`:
//   STRONGROOM_SOAK_RECORDS  how many (100000000)
//   STRONGROOM_SOAK_DIR      a directory that stays, to go on where an earlier run stopped
//   STRONGROOM_SOAK_SECONDS  stop writing after so many seconds; searches only if all are there

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "strongroom/audit/log.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/test/reveal.h"
#include "strongroom/test/soak.h"
#include "strongroom/trail/access_log.h"
#include "strongroom/trail/call_log.h"

namespace strongroom::trail {
namespace {

constexpr std::uint64_t kRecords = 100'000'000;
constexpr std::uint64_t kTurn = 64;         // records of one loop turn
constexpr std::uint64_t kSettle = 500'000;  // records until the writer waits for the tree
constexpr std::int64_t kFirstMillis = 1'780'000'000'000;
constexpr std::int64_t kSpanMillis = 180 * kMillisPerDay;
constexpr std::uint64_t kRareEvery = 999'983;  // records between two calls of the rare key
constexpr std::uint64_t kOldEvery = 50;
constexpr std::uint64_t kOldBelow = 10'000;
constexpr std::string_view kFromDisk = "from the disk";  // nothing of the log is in memory: shown
constexpr std::string_view kFromMemory = "from memory";  // asked before: judged
constexpr std::int64_t kGoalNanos = 1'000 * kNanosPerMilli;

/// A different number for each input, all over the range (splitmix64).
std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15U;
  x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
  x = (x ^ x >> 27) * 0x94d049bb133111ebU;
  return x ^ x >> 31;
}

/// Hexadecimal digits of `x`, upper-case.
std::string digits_of(std::uint64_t x) {
  std::array<char, 17> out{};
  std::snprintf(out.data(), out.size(), "%016llX", static_cast<unsigned long long>(x));
  return out.data();
}

std::string request_id(std::uint64_t number) {
  const std::string high = digits_of(mixed(number));
  const std::string low = digits_of(mixed(number ^ 0x5bd1e995U));
  return high.substr(0, 8) + '-' + high.substr(8, 4) + "-4" + high.substr(13) + "-A" +
         low.substr(1, 3) + '-' + low.substr(4);
}

std::string client_key(std::uint64_t number) {
  if (number % kRareEvery == 0) return "KAAP.rare";
  if (number < kOldBelow && number % kOldEvery == 1) return "KAAP.old";
  return "KAAP." + digits_of(mixed(mixed(number) % 400));
}

bool is_denied(std::uint64_t luck) {
  return (luck >> 32) % 500 == 7;
}

/// How many calls on one secret were refused, the newest hundred of them.
std::size_t refused_calls(std::uint64_t secret, std::uint64_t count) {
  std::size_t found = 0;
  for (std::uint64_t number = 0; number < count && found < 100; ++number) {
    const std::uint64_t luck = mixed(number ^ 0xabcdef);
    found += luck % 5'000 == secret && is_denied(luck) ? 1 : 0;
  }
  return found;
}

/// Calls of a node with 400 clients, 5,000 secrets and 2,000 addresses, spread over half a year.
void add(audit::Writer& writer, std::uint64_t number, std::uint64_t count) {
  const std::uint64_t luck = mixed(number ^ 0xabcdef);
  const std::string id = request_id(number);
  const std::string key = client_key(number);
  const std::string resource =
      "acs:kms:cn-hangzhou:1000000000000001:secret/service-" + std::to_string(luck % 5'000);
  const std::string address =
      "10.1." + std::to_string(luck % 8) + '.' + std::to_string(luck / 8 % 250);
  const bool denied = is_denied(luck);
  const auto place = static_cast<double>(number) / static_cast<double>(count);
  writer.add(
      {.time = {kFirstMillis + static_cast<std::int64_t>(place * static_cast<double>(kSpanMillis))},
       .request_id = id,
       .service = "Kms",
       .action = luck % 20 == 3 ? "DescribeSecret" : "GetSecretValue",
       .api_version = "dkms-gcs-0.2",
       .region = "cn-hangzhou",
       .account = AccountId(1'000'000'000'000'001),
       .principal_type = "client-key",
       .principal_id = key,
       .principal_name = "web",
       .access_key_id = key,
       .source_ip = address,
       .user_agent = "AlibabaCloud (linux; amd64) Java/17.0.9 Core/0.5.2 TeaDSL/1",
       .resource = resource,
       .version_id = "v1",
       .key_id = "key-hzz62f1cb66fa42qo3zrx",
       .decision = denied ? "implicit-deny" : "allow",
       .error_code = denied ? "Forbidden.NoPermission" : "",
       .status = denied ? 403 : 200,
       .instance = "kst-hzz62f1cb66fa42qo3zrx",
       .key_fingerprint = "5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9",
       .duration_us = static_cast<std::int64_t>(40 + luck % 300)});
}

/// Compresses what is closed, beside the writer, as the server does.
class Keeper {
 public:
  explicit Keeper(audit::Log& log) : thread_([this, &log] { run(log); }) {}
  ~Keeper() {
    stop_ = true;
    thread_.join();
  }

 private:
  void run(audit::Log& log) {
    while (!stop_) {
      const auto done = log.maintain(Instant{0});
      ASSERT_TRUE(done.has_value()) << done.error().message();
      if (!done->archived) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
  }

  std::atomic<bool> stop_ = false;
  std::thread thread_;
};

struct Volumes {
  std::uint64_t open = 0;
  std::uint64_t archives = 0;
  std::uint64_t bytes = 0;
};

Volumes volumes_of(const std::string& directory) {
  Volumes found;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
    std::error_code gone;  // the log replaces files meanwhile
    const std::uintmax_t bytes = file.is_regular_file(gone) ? file.file_size(gone) : 0;
    if (gone || bytes == 0) continue;
    found.bytes += bytes;
    if (file.path().parent_path().filename() != "entries") continue;
    ++(file.path().extension() == ".z" ? found.archives : found.open);
  }
  return found;
}

class SearchSoak : public testing::Test {
 protected:
  void SetUp() override {
    if (!test::soaking()) GTEST_SKIP() << "writes 100 million records; run with STRONGROOM_SOAK=1";
    root_ = test::soak_text("STRONGROOM_SOAK_DIR");
    keeps_ = !root_.empty();
    char path[] = "/tmp/strongroom-search-soak-XXXXXX";
    if (!keeps_) root_ = mkdtemp(path);
    std::filesystem::create_directories(root_);
  }
  void TearDown() override {
    if (!root_.empty() && !keeps_) std::filesystem::remove_all(root_);
  }
  std::string directory() const { return root_ + "/audit"; }

  /// True once all are there.
  bool write_all(std::uint64_t count) const {
    SystemRandom random;
    const auto log = audit::Log::open({.directory = directory(), .origin = "strongroom/soak"},
                                      test::secret(std::string(32, 's')), random);
    if (!log) {
      ADD_FAILURE() << log.error().message();
      return false;
    }
    const std::uint64_t seconds = test::soak_number("STRONGROOM_SOAK_SECONDS", 0);
    const std::int64_t begun = monotonic_ns();
    const std::uint64_t there = (*log)->head().size;
    std::uint64_t next = there;
    {
      const Keeper keeper(**log);
      const auto writer = (*log)->make_writer();
      const auto late = [&] {
        const auto passed = static_cast<std::uint64_t>(monotonic_ns() - begun) / 1'000'000'000U;
        return seconds != 0 && passed >= seconds;
      };
      while (next < count && !late()) {
        for (const std::uint64_t end = std::min(next + kSettle, count); next < end;) {
          for (std::uint64_t i = 0; i < kTurn && next < end; ++i) add(*writer, next++, count);
          EXPECT_TRUE(writer->flush().has_value());
        }
        EXPECT_TRUE((*log)->settle().has_value());
        while (volumes_of(directory()).open > kOpenVolumesMax && !HasFailure())
          std::this_thread::sleep_for(std::chrono::milliseconds(100));
      }
    }
    const auto took = static_cast<double>(monotonic_ns() - begun) / 1e9;
    if (next == count) compress_all(**log);
    std::printf("%llu records, %llu of them in %.0f s\n", static_cast<unsigned long long>(next),
                static_cast<unsigned long long>(next - there), took);
    return next == count;
  }

  static void compress_all(audit::Log& log) {
    for (bool more = true; more;) {
      const auto done = log.maintain(Instant{0});
      ASSERT_TRUE(done.has_value()) << done.error().message();
      more = done->archived;
    }
  }

  /// What the operating system has kept of the log in memory goes away.
  void forget() const {
    for (const auto& file : std::filesystem::recursive_directory_iterator(directory())) {
      if (!file.is_regular_file()) continue;
      const int descriptor = open(file.path().c_str(), O_RDONLY | O_CLOEXEC);
      if (descriptor < 0) continue;
      fsync(descriptor);
      posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED);
      close(descriptor);
    }
  }

  void expect_within_a_second(const std::string& query, std::size_t results) const {
    const CallLog log(directory());
    forget();
    for (const std::string_view how : {kFromDisk, kFromMemory}) {
      auto conditions = parse_query(query);
      ASSERT_TRUE(conditions.has_value()) << query;
      for (auto& one : access_log_of_all()) conditions->push_back(std::move(one));
      const std::int64_t begun = monotonic_ns();
      const auto found = log.search({.all = std::move(*conditions)});
      const std::int64_t took = monotonic_ns() - begun;
      ASSERT_TRUE(found.has_value()) << query << ": " << found.error().message();
      EXPECT_TRUE(found->complete) << query;
      EXPECT_EQ(found->entries.size(), results) << query;
      if (how == kFromMemory) {
        EXPECT_LT(took, kGoalNanos) << query;
      }
      std::printf("%-70s %3zu found, %7.1f ms %s, %llu entries looked at\n", query.c_str(),
                  found->entries.size(), static_cast<double>(took) / kNanosPerMilli, how.data(),
                  static_cast<unsigned long long>(found->looked_at));
    }
  }

  static constexpr std::uint64_t kOpenVolumesMax = 6;
  std::string root_;
  bool keeps_ = false;
};

TEST_F(SearchSoak, TheNewestHundredWithinASecond) {
  const std::uint64_t count = test::soak_number("STRONGROOM_SOAK_RECORDS", kRecords);
  if (!write_all(count)) {
    if (!HasFailure()) GTEST_SKIP() << "not all of them are there yet";
    return;
  }
  const Volumes volumes = volumes_of(directory());
  std::printf("%.1f bytes a record: %llu archives, %llu open volumes\n",
              static_cast<double>(volumes.bytes) / static_cast<double>(count),
              static_cast<unsigned long long>(volumes.archives),
              static_cast<unsigned long long>(volumes.open));
  const std::uint64_t rare = (count + kRareEvery - 1) / kRareEvery;
  expect_within_a_second("access_key_id: " + client_key(3), 100);
  expect_within_a_second("access_key_id: KAAP.rare", std::min<std::uint64_t>(rare, 100));
  expect_within_a_second("access_key_id: KAAP.old", 100);
  expect_within_a_second("access_key_id: KAAP.never", 0);
  expect_within_a_second("request_id: " + request_id(count / 2), 1);
  expect_within_a_second("request_id: " + request_id(17), 1);
  expect_within_a_second("resource_id: service-4711 and status_code: 403",
                         refused_calls(4'711, count));
  expect_within_a_second("client_ip: 10.1.3.77", 100);
  expect_within_a_second("error_code: Forbidden.NoPermission and api_name: DescribeSecret", 100);
  expect_within_a_second("KAAP.rare", std::min<std::uint64_t>(rare, 100));
}

}  // namespace
}  // namespace strongroom::trail
