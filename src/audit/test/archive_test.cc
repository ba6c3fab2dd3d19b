#include <gtest/gtest.h>

#include "fixture.h"
#include "strongroom/audit_format/archive.h"
#include "strongroom/audit_format/entry.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/search.h"

namespace strongroom::audit {
namespace {

namespace fs = std::filesystem;
using audit_format::Condition;
using audit_format::Search;

constexpr int kEntries = 2'000;
constexpr std::int64_t kStart = 1'795'000'000'000;
constexpr std::uint64_t kVolumeBytes = 150'000;

class ArchiveTest : public AuditTest {
 protected:
  void SetUp() override {
    AuditTest::SetUp();
    log_ = open_small();
    const auto writer = log_->make_writer();
    for (int i = 0; i < kEntries; ++i) {
      const std::string id = request_id(i);
      const std::string key = "KAAP.key-" + std::to_string(i % 37);
      const std::string name =
          "acs:kms:cn-hangzhou:1234567890123456:secret/team \"" + std::to_string(i % 5) + "\"";
      Record record = record_of(id);
      record.time = {kStart + i * 1'000};
      record.access_key_id = key;
      record.resource = name;
      record.mutation = i % 3 == 0;
      writer->add(record);
      if (i % 100 == 99) {
        ASSERT_TRUE(writer->flush().has_value());
        ASSERT_TRUE(log_->settle().has_value());
      }
    }
  }
  std::unique_ptr<Log> open_small() const {
    Config small = config();
    small.volume_bytes = kVolumeBytes;
    auto log = open_log(small, test::secret(std::string(32, 's')), Io::system());
    EXPECT_TRUE(log.has_value()) << (log ? "" : log.error().message());
    return log ? std::move(*log) : nullptr;
  }
  void archive_all(Instant keep_from = {}) const {
    while (true) {
      const auto done = log_->maintain(keep_from);
      ASSERT_TRUE(done.has_value()) << done.error().message();
      if (!done->archived) return;
    }
  }
  std::size_t files(bool archives) const {
    std::size_t count = 0;
    for (const auto& file : fs::directory_iterator(directory() + "/entries"))
      count += (file.path().extension() == ".z") == archives ? 1 : 0;
    return count;
  }
  std::vector<std::uint64_t> found(Search wanted) const {
    const auto result = audit_format::search(read(), wanted);
    EXPECT_TRUE(result.has_value()) << (result ? "" : result.error().message());
    std::vector<std::uint64_t> indexes;
    if (!result) return indexes;
    for (const auto& entry : result->entries) indexes.push_back(entry.index);
    return indexes;
  }
  /// The same by looking at everything.
  std::vector<std::uint64_t> expected(int remainder, int of, std::size_t limit) const {
    std::vector<std::uint64_t> indexes;
    for (int i = kEntries - 1; i >= 0 && indexes.size() < limit; --i) {
      if (i % of == remainder) indexes.push_back(static_cast<std::uint64_t>(i));
    }
    return indexes;
  }

  std::unique_ptr<Log> log_;
};

TEST_F(ArchiveTest, ClosedVolumesBecomeArchivesAndNothingElseChanges) {
  ASSERT_GT(files(false), 3U);
  const std::uint64_t plain = fs::file_size(directory() + "/entries/00000000000000000000");
  archive_all();
  EXPECT_EQ(files(false), 1U);
  EXPECT_GT(files(true), 2U);
  EXPECT_LT(fs::file_size(directory() + "/entries/00000000000000000000.z"), plain / 3);
  EXPECT_EQ(finding(), "");
  EXPECT_EQ(ids().size(), static_cast<std::size_t>(kEntries));
  EXPECT_TRUE(read().prove(3).has_value());
  EXPECT_TRUE(read().find(request_id(17)).has_value());
  log_.reset();
  log_ = open_small();
  EXPECT_EQ(finding(), "");
}

TEST_F(ArchiveTest, ASearchFindsTheSameBeforeAndAfter) {
  const Search by_key{.all = {Condition{.any = {{"access_key_id", "KAAP.key-5"}}}}};
  const Search by_name{.all = {Condition{.any = {{"resource_id", "team \"2\""}}}}, .limit = 7};
  const Search by_both{.all = {Condition{.any = {{"access_key_id", "KAAP.key-5"}}},
                               Condition{.any = {{"mutation", "true"}}, .negated = true}},
                       .newest_first = false,
                       .limit = 10};
  // Of every entry, so what the index says of a block must not rest on the block before it.
  const Search by_action{.all = {Condition{.any = {{"action", "GetSecretValue"}}}},
                         .limit = limits::kAuditSearchResultsMax};
  const auto all = expected(0, 1, limits::kAuditSearchResultsMax);
  ASSERT_EQ(found(by_action), all);
  const auto key = found(by_key);
  const auto name = found(by_name);
  const auto both = found(by_both);
  EXPECT_EQ(key, expected(5, 37, 100));
  EXPECT_EQ(name, expected(2, 5, 7));
  ASSERT_EQ(both.size(), 10U);
  EXPECT_EQ(both.front(), 5U);
  archive_all();
  EXPECT_EQ(found(by_action), all);
  EXPECT_EQ(found(by_key), key);
  EXPECT_EQ(found(by_name), name);
  EXPECT_EQ(found(by_both), both);
  EXPECT_TRUE(found({.all = {Condition{.any = {{"access_key_id", "KAAP.key-99"}}}}}).empty());
}

TEST_F(ArchiveTest, TimesSkipsAndPagesHold) {
  archive_all();
  const auto window = found({.from = {kStart + 500'000}, .to = {kStart + 510'000}});
  ASSERT_EQ(window.size(), 10U);
  EXPECT_EQ(window.front(), 509U);
  EXPECT_EQ(found({.limit = 3, .skip = 1'200}).front(), 799U);
  std::vector<std::uint64_t> paged;
  Search page{.all = {Condition{.any = {{"access_key_id", "KAAP.key-5"}}}}, .limit = 9};
  while (true) {
    const auto next = found(page);
    if (next.empty()) break;
    paged.insert(paged.end(), next.begin(), next.end());
    page.behind = next.back();
  }
  EXPECT_EQ(paged, expected(5, 37, 1'000));
}

TEST_F(ArchiveTest, ASearchReadsLittleOfAnArchive) {
  archive_all();
  const auto result = audit_format::search(
      read(), {.all = {Condition{.any = {{"request_id", request_id(40)}}}}, .limit = 1});
  ASSERT_TRUE(result.has_value());
  ASSERT_EQ(result->entries.size(), 1U);
  EXPECT_LT(result->looked_at, 1'000U);
}

TEST_F(ArchiveTest, RetentionDropsWholeArchivesAndTheRestStillVerifies) {
  archive_all();
  const std::string older = read().checkpoint_note();
  archive_all({kStart + 1'000'000});
  const auto kept = read().first_kept();
  ASSERT_TRUE(kept.has_value());
  EXPECT_GT(*kept, 0U);
  EXPECT_LE(*kept, 1'000U);
  EXPECT_EQ(finding(), "");
  EXPECT_EQ(finding(older), "");
  EXPECT_EQ(read().entry(0).error().kind(), ErrorKind::kNotFound);
  EXPECT_TRUE(read().prove(*kept).has_value());
  EXPECT_EQ(found({.limit = 1, .skip = 1'999 - *kept}).front(), *kept);
  EXPECT_TRUE(found({.limit = 1, .skip = 2'000 - *kept}).empty());
}

TEST_F(ArchiveTest, ARemovedArchiveIsNotTakenForRetention) {
  archive_all();
  fs::remove(directory() + "/entries/00000000000000000000.z");
  EXPECT_NE(finding().find("entry 0 is missing"), std::string::npos);
  archive_all({kStart + 1'000'000});
  std::string note = load("retained");
  ASSERT_FALSE(note.empty());
  store("retained", note.replace(note.find('\n') + 1, 1, "S"));
  EXPECT_NE(finding(), "");
}

// A match that points at other bytes of the same content is no change of any entry.
TEST_F(ArchiveTest, EveryChangedPartOfAnArchiveIsFound) {
  archive_all();
  const auto whole_ids = ids();
  std::size_t unseen = 0;
  const std::string name = "entries/00000000000000000000.z";
  const std::string whole = load(name);
  for (std::size_t at = 0; at < whole.size(); at += whole.size() / 97 + 1) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 0x20);
    store(name, changed);
    if (!finding().empty()) continue;
    ++unseen;
    EXPECT_EQ(ids(), whole_ids) << at;
  }
  EXPECT_LE(unseen, 5U);
  store(name, whole.substr(0, whole.size() / 2));
  EXPECT_NE(finding(), "");
}

TEST(EntryTest, FieldsComeBackAsTheyWereWritten) {
  const std::string id = request_id(1);  // the record views it
  Record record = record_of(id);
  record.user_agent = "a \"b\"\\ \n\x01 \xe4\xb8\xad";
  record.instance = "kst-1";
  record.duration_us = 1'381;
  const std::string entry = encode(record);
  EXPECT_EQ(audit_format::field_text(entry, "user_agent"), record.user_agent);
  EXPECT_EQ(audit_format::raw_field(entry, "duration_us"), "1381");
  EXPECT_EQ(audit_format::field_text(entry, "instance"), "kst-1");
  EXPECT_EQ(audit_format::entry_time(entry), record.time);
  EXPECT_EQ(audit_format::resource_id("acs:kms:cn:1:secret/a/b"), "a/b");
  EXPECT_EQ(audit_format::raw_field(entry, "absent"), "");
  for (const char* cut : {R"({"a":"b)", R"({"a":"b})", R"({"a":"b\})", R"({"a":"b\"})", R"({"a})",
                          R"({"a\})", R"({"a":})", R"({"a\":"b"})"}) {
    EXPECT_EQ(audit_format::raw_field(cut, "a"), "") << cut;
  }
  EXPECT_EQ(audit_format::raw_field(R"({"b":"\\","a":"c\"d"})", "a"), R"(c\"d)");
}

}  // namespace
}  // namespace strongroom::audit
