#pragma once
// A log in a temporary directory, and a disk that can be told to fail.

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>
#include <thread>

#include "open_log.h"
#include "strongroom/audit/log.h"
#include "strongroom/audit_format/reader.h"
#include "strongroom/test/reveal.h"

namespace strongroom::audit {

/// A request id that nobody else has.
inline std::string request_id(int number) {
  char text[40];
  snprintf(text, sizeof text, "00000000-0000-4000-8000-%012d", number);
  return text;
}

inline Record record_of(std::string_view request_id) {
  return {.time = {1'795'000'000'123},
          .request_id = request_id,
          .service = "Kms",
          .action = "GetSecretValue",
          .api_version = "2016-01-20",
          .region = "cn-hangzhou",
          .account = AccountId(1234567890123456),
          .principal_type = "ram-user",
          .principal_id = "234567890123456789",
          .principal_name = "reader",
          .access_key_id = "LTAI5tExampleExample",
          .source_ip = "192.0.2.7",
          .user_agent = "AlibabaCloud (linux; amd64) Java/17",
          .resource = "acs:kms:cn-hangzhou:1234567890123456:secret/db",
          .version_id = "v1",
          .key_id = "key-1",
          .decision = "allow",
          .policy = "AliyunKMSReadOnlyAccess",
          .error_code = {},
          .status = 200,
          .mutation = false};
}

/// Fails on demand, like a full or dying disk.
class FaultyIo final : public Io {
 public:
  int allocate(int descriptor, std::uint64_t bytes) override {
    return full ? ENOSPC : Io::allocate(descriptor, bytes);
  }
  ssize_t write_at(int descriptor, std::string_view bytes, std::uint64_t offset) override {
    ++writes;
    count_down();
    if (broken || full) {
      errno = broken ? EIO : ENOSPC;
      return -1;
    }
    if (short_writes > 0 && bytes.size() > 1) {
      --short_writes;
      return Io::write_at(descriptor, bytes.substr(0, bytes.size() / 2), offset);
    }
    return Io::write_at(descriptor, bytes, offset);
  }
  int sync(int descriptor) override {
    ++syncs;
    count_down();
    while (hangs) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    if (sync_fails) {
      errno = EIO;
      return -1;
    }
    return Io::sync(descriptor);
  }

  std::atomic<bool> broken{false};
  std::atomic<bool> full{false};
  std::atomic<bool> sync_fails{false};
  std::atomic<bool> hangs{false};  // syncs do not end
  std::atomic<int> short_writes{0};
  std::atomic<int> writes{0};
  std::atomic<int> syncs{0};
  /// The process ends without destructors before the write or sync with this number, counted from
  /// here.
  std::atomic<int> calls_to_live{-1};

 private:
  void count_down() {
    if (calls_to_live > 0 && --calls_to_live == 0) _exit(7);
  }
};

class AuditTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char path[] = "/tmp/strongroom-audit-XXXXXX";
    ASSERT_NE(mkdtemp(path), nullptr);
    root_ = path;
  }
  // Once the logs that tests hold are closed: one that is open still writes.
  ~AuditTest() override {
    std::error_code gone;
    std::filesystem::remove_all(root_, gone);
  }

  std::string directory() const { return root_ + "/audit"; }
  Config config(Durability durability = Durability::kWritten) const {
    return {.directory = directory(), .origin = "strongroom/test", .durability = durability};
  }
  Result<std::unique_ptr<Log>> try_open(Io& io = Io::system(), char seed = 's') const {
    return open_log(config(), test::secret(std::string(32, seed)), io);
  }
  std::unique_ptr<Log> open(Io& io = Io::system()) const {
    auto log = try_open(io);
    EXPECT_TRUE(log.has_value()) << (log ? "" : log.error().message());
    return log ? std::move(*log) : nullptr;
  }
  static void add(Writer& writer, int number) {
    const std::string id = request_id(number);
    writer.add(record_of(id));
  }
  /// A closed log with entries 0 … count-1.
  void write_log(int count) const {
    const auto log = open();
    const auto writer = log->make_writer();
    for (int i = 0; i < count; ++i) add(*writer, i);
    EXPECT_TRUE(writer->flush().has_value());
  }

  audit_format::LogDirectory read() const {
    auto reader = audit_format::LogDirectory::open(directory());
    EXPECT_TRUE(reader.has_value()) << (reader ? "" : reader.error().message());
    return std::move(*reader);
  }
  /// The finding of a verification, "" if there is none.
  std::string finding(std::string_view older = {}) const {
    const auto verification = read().verify(older);
    EXPECT_TRUE(verification.has_value());
    return verification->finding ? verification->finding->what : "";
  }
  /// How often each request id is in the log.
  std::multiset<std::string> ids() const {
    std::multiset<std::string> found;
    auto reader = read();
    EXPECT_TRUE(reader
                    .for_each(0,
                              [&](const audit_format::Entry& entry) {
                                found.insert(entry.text.substr(49, 36));
                                return true;
                              })
                    .has_value());
    return found;
  }

  std::string load(const std::string& name) const {
    std::ifstream file(directory() + '/' + name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void store(const std::string& name, const std::string& content) const {
    std::ofstream(directory() + '/' + name, std::ios::binary | std::ios::trunc) << content;
  }

  std::string root_;
};

}  // namespace strongroom::audit
