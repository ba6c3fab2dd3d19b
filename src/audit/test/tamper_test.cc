#include <gtest/gtest.h>

#include <random>

#include "fixture.h"
#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/layout.h"

namespace strongroom::audit {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVolume = "entries/00000000000000000000";
constexpr int kEntries = 40;

class TamperTest : public AuditTest {
 protected:
  void SetUp() override {
    AuditTest::SetUp();
    write_log(kEntries);
    ASSERT_EQ(finding(), "");
    volume_ = load(kVolume);
    frame_ = (volume_.size() - audit_format::kFileHeaderBytes) / kEntries;  // all of one size
  }
  std::size_t frame_at(int index) const {
    return audit_format::kFileHeaderBytes + static_cast<std::size_t>(index) * frame_;
  }
  audit_format::Finding first_bad() const {
    const auto verification = read().verify();
    EXPECT_TRUE(verification.has_value());
    EXPECT_TRUE(verification->finding.has_value());
    return verification->finding.value_or(audit_format::Finding{});
  }
  void expect_first_bad(int index) const {
    EXPECT_EQ(first_bad().index, static_cast<std::uint64_t>(index)) << first_bad().what;
  }

  std::string volume_;
  std::size_t frame_ = 0;
};

TEST_F(TamperTest, AnEditedEntryIsNamed) {
  for (int index = 0; index < kEntries; index += 3) {
    std::string changed = volume_;
    std::size_t at = changed.find("allow", frame_at(index));
    changed[at] = 'A';
    store(kVolume, changed);
    expect_first_bad(index);
    EXPECT_EQ(read().entry(static_cast<std::uint64_t>(index)).error().kind(), ErrorKind::kCorrupt);
    EXPECT_FALSE(read().prove(static_cast<std::uint64_t>(index)).has_value());
  }
}

TEST_F(TamperTest, ADeletedEntryIsNamed) {
  for (const int index : {0, 1, 17, kEntries - 1}) {
    std::string changed = volume_;
    changed.erase(frame_at(index), frame_);
    store(kVolume, changed);
    expect_first_bad(index);
  }
}

// Edits, deletions, truncations, reorderings and insertions at random places: the verifier names
// the first entry that is not what it was.
TEST_F(TamperTest, TenThousandMutationsAreNamed) {
  std::mt19937 random(20'261'122);
  auto log = read();
  const auto below = [&random](std::size_t bound) { return random() % bound; };
  for (int round = 0; round < 10'000; ++round) {
    std::string changed = volume_;
    const int index = static_cast<int>(below(kEntries));
    const std::size_t start = frame_at(index);
    switch (round % 5) {
      case 0: {
        const std::size_t at = start + below(frame_);
        changed[at] = static_cast<char>(changed[at] ^ (1 << below(8)));
        break;
      }
      case 1:
        changed.erase(start, frame_);
        break;
      case 2:
        changed.resize(start + below(frame_));
        break;
      case 3: {
        const std::size_t other = frame_at(static_cast<int>(below(kEntries)));
        if (other <= start) continue;
        changed.replace(start, frame_, volume_.substr(other, frame_));
        changed.replace(other, frame_, volume_.substr(start, frame_));
        break;
      }
      default:
        changed.insert(start,
                       volume_.substr(frame_at(static_cast<int>((index + 1) % kEntries)), frame_));
    }
    store(kVolume, changed);
    const auto verification = log.verify();
    ASSERT_TRUE(verification.has_value());
    ASSERT_TRUE(verification->finding.has_value()) << round;
    ASSERT_EQ(verification->finding->index, static_cast<std::uint64_t>(index))
        << round << ": " << verification->finding->what;
  }
}

TEST_F(TamperTest, AnInsertedEntryIsNamed) {
  std::string changed = volume_;
  changed.insert(frame_at(11), volume_.substr(frame_at(5), frame_));
  store(kVolume, changed);
  expect_first_bad(11);
}

TEST_F(TamperTest, ReorderedEntriesAreNamed) {
  std::string changed = volume_;
  changed.replace(frame_at(8), frame_, volume_.substr(frame_at(20), frame_));
  changed.replace(frame_at(20), frame_, volume_.substr(frame_at(8), frame_));
  store(kVolume, changed);
  expect_first_bad(8);
}

TEST_F(TamperTest, TruncationAnywhereIsNamed) {
  for (int index = 0; index < kEntries; index += 5) {
    store(kVolume, volume_.substr(0, frame_at(index) + 7));
    expect_first_bad(index);
    store(kVolume, volume_.substr(0, frame_at(index)));
    expect_first_bad(index);
  }
  fs::remove(directory() + '/' + kVolume);
  expect_first_bad(0);
}

TEST_F(TamperTest, ChangedHashesAreFound) {
  const std::string hashes = load("hashes");
  ASSERT_EQ(hashes.size(), audit_format::stored_hash_count(kEntries) * 32);
  for (std::size_t at = 0; at < hashes.size(); at += 32) {
    std::string changed = hashes;
    changed[at + 3] = static_cast<char>(changed[at + 3] ^ 4);
    store("hashes", changed);
    EXPECT_NE(finding(), "") << at;
  }
  store("hashes", hashes.substr(0, 32 * 9));
  EXPECT_NE(finding(), "");
}

TEST_F(TamperTest, ACoverUpDoesNotFitTheCheckpoint) {
  // Entry 12 and every hash rewritten consistently: only the signature stands in the way.
  std::string changed = volume_;
  changed[changed.find("allow", frame_at(12))] = 'A';
  store(kVolume, changed);
  std::string hashes;
  audit_format::Frontier frontier;
  for (int i = 0; i < kEntries; ++i) {
    const std::string entry = changed.substr(frame_at(i) + 4, frame_ - 4);
    frontier.append(audit_format::leaf_hash(as_bytes(entry)),
                    [&](const audit_format::Hash& hash) { hashes += as_chars(hash); });
  }
  store("hashes", hashes);
  EXPECT_NE(finding().find("not with the signed checkpoint"), std::string::npos);
  EXPECT_EQ(try_open().error().kind(), ErrorKind::kCorrupt);
}

TEST_F(TamperTest, ARollbackIsFoundWithAnOlderCheckpoint) {
  fs::copy(directory(), root_ + "/old", fs::copy_options::recursive);
  {
    const auto log = open();
    const auto writer = log->make_writer();
    for (int i = 0; i < 10; ++i) add(*writer, 1'000 + i);
    ASSERT_TRUE(writer->flush().has_value());
  }
  const std::string newer = read().checkpoint_note();
  fs::remove_all(directory());
  fs::copy(root_ + "/old", directory(), fs::copy_options::recursive);
  EXPECT_EQ(finding(), "");
  EXPECT_NE(finding(newer).find("entry 40 is missing"), std::string::npos);
}

TEST_F(TamperTest, AForkIsFoundWithAnOlderCheckpoint) {
  const std::string older = read().checkpoint_note();
  fs::remove_all(directory());
  {
    const auto log = open();  // the key is in the wrong hands
    const auto writer = log->make_writer();
    for (int i = 0; i < kEntries + 5; ++i) add(*writer, 500 + i);
    ASSERT_TRUE(writer->flush().has_value());
  }
  EXPECT_EQ(finding(), "");
  EXPECT_NE(finding(older).find("does not continue"), std::string::npos);
}

TEST_F(TamperTest, EveryChangedByteOfTheCheckpointIsFound) {
  const std::string checkpoint = load("checkpoint");
  for (std::size_t i = 0; i < checkpoint.size(); ++i) {
    std::string changed = checkpoint;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    store("checkpoint", changed);
    EXPECT_FALSE(audit_format::LogDirectory::open(directory()).has_value()) << i;
  }
}

TEST_F(TamperTest, AnotherKeyIsNotBelieved) {
  const std::string own_key = load("vkey");
  EXPECT_TRUE(audit_format::LogDirectory::open(directory(), own_key).has_value());
  EXPECT_EQ(try_open(Io::system(), 'x').error().kind(), ErrorKind::kCorrupt);
  fs::create_directory(root_ + "/other");
  auto other = open_log({.directory = root_ + "/other/audit", .origin = "strongroom/test"},
                        test::secret(std::string(32, 'o')), Io::system());
  ASSERT_TRUE(other.has_value());
  other->reset();
  EXPECT_FALSE(audit_format::LogDirectory::open(root_ + "/other/audit", own_key).has_value());
  EXPECT_EQ(audit_format::LogDirectory::open(directory(), "nonsense").error().kind(),
            ErrorKind::kInvalidInput);
}

TEST_F(TamperTest, TheServerRefusesWhatDoesNotFit) {
  const auto refused = [&] {
    const auto log = try_open();
    return !log && log.error().kind() == ErrorKind::kCorrupt;
  };
  const auto spoil = [&](const std::string& name, const std::string& content) {
    const std::string before = load(name);
    store(name, content);
    EXPECT_TRUE(refused()) << name;
    store(name, before);
    EXPECT_FALSE(refused()) << name;
  };
  const std::string resume = load("resume");
  std::string changed = resume;
  changed[changed.find("volume 0 ") + 9] ^= 1;
  spoil("resume", changed);
  spoil("resume", "");
  spoil("checkpoint", "");
  spoil(kVolume, volume_.substr(0, volume_.size() - 1));
  spoil("hashes", load("hashes").substr(0, 64));
  const std::string checkpoint = load("checkpoint");
  fs::remove(directory() + "/checkpoint");
  EXPECT_TRUE(refused());
}

TEST_F(TamperTest, BytesBehindTheCheckpointAreCutOff) {
  store(kVolume, volume_ + "left over");
  store("hashes", load("hashes") + "left over");
  store("entries/00000000000000000099", "left over");
  EXPECT_EQ(finding(), "");
  {
    const auto log = open();
  }
  EXPECT_EQ(load(kVolume), volume_);
  EXPECT_FALSE(fs::exists(directory() + "/entries/00000000000000000099"));
}

}  // namespace
}  // namespace strongroom::audit
