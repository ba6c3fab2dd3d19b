// A witness against a log that grows, forks, shrinks and lies.

#include "strongroom/audit_witness/witness.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/merkle.h"
#include "strongroom/base/bytes.h"
#include "strongroom/test/reveal.h"

namespace strongroom::audit_witness {
namespace {

using audit_format::Hash;

constexpr Instant kNow{1'795'300'020'000};

crypto::Ed25519Signer signer_of(char byte) {
  return *crypto::Ed25519Signer::from_seed(test::secret(std::string(32, byte)));
}

/// A log in memory, as its server signs it.
class GrowingLog {
 public:
  GrowingLog(std::string origin, char seed)
      : origin_(std::move(origin)), signer_(signer_of(seed)) {}
  void grow(int count, const std::string& kind = "entry") {
    for (int i = 0; i < count; ++i) {
      const std::string entry = kind + std::to_string(frontier_.size());
      frontier_.append(audit_format::leaf_hash(as_bytes(entry)),
                       [this](const Hash& hash) { hashes_.push_back(hash); });
    }
  }
  audit_format::VerifierKey key() const { return {origin_, signer_.public_key()}; }
  std::string note() const {
    return audit_format::sign_note(
        audit_format::encode_checkpoint({origin_, {frontier_.size(), frontier_.root()}}), origin_,
        signer_);
  }
  std::string request(std::uint64_t old_size) const {
    std::string body = "old " + std::to_string(old_size) + "\n";
    const auto proof = audit_format::consistency_proof(
        old_size, frontier_.size(),
        [this](std::uint64_t at) -> Result<Hash> { return hashes_.at(at); });
    for (const Hash& hash : *proof) body += base64_encode(ByteView(hash)) + "\n";
    return body + "\n" + note();
  }

 private:
  std::string origin_;
  crypto::Ed25519Signer signer_;
  audit_format::Frontier frontier_;
  std::vector<Hash> hashes_;
};

class WitnessTest : public testing::Test {
 protected:
  WitnessTest() {
    std::string path = std::filesystem::temp_directory_path() / "strongroom-witness-XXXXXX";
    directory_ = mkdtemp(path.data());
    log_.grow(5);
  }
  ~WitnessTest() override { std::filesystem::remove_all(directory_); }

  Witness make() {
    return Witness({.directory = directory_, .name = "witness/one", .logs = {log_.key()}},
                   signer_of('w'));
  }
  static std::string code(const Result<std::string>& result) {
    return result ? "ok" : std::to_string(status_of(result.error())) + " " + result.error().code();
  }

  std::string directory_;
  GrowingLog log_{"strongroom/log", 'l'};
};

TEST_F(WitnessTest, CosignsWhatContinuesAndRemembersItOverARestart) {
  std::string note = log_.note();
  {
    Witness witness = make();
    const auto line = witness.add_checkpoint(log_.request(0), kNow);
    ASSERT_TRUE(line) << line.error().message();
    note += *line;
    EXPECT_EQ(audit_format::cosigned_at(note, witness.key()), kNow);
    // The log's own signature is still found above it.
    EXPECT_TRUE(audit_format::open_checkpoint(note, log_.key()));
    const auto parsed = audit_format::WitnessKey::parse(witness.key().text());
    ASSERT_TRUE(parsed);
    EXPECT_EQ(parsed->public_key, witness.key().public_key);
  }
  Witness witness = make();
  EXPECT_EQ(code(witness.add_checkpoint(log_.request(5), kNow)), "ok");  // the same tree again
  log_.grow(9);
  const auto stale = witness.add_checkpoint(log_.request(0), kNow);
  EXPECT_EQ(code(stale), "409 AnotherTree");
  EXPECT_EQ(stale.error().message(), "5");
  EXPECT_EQ(code(witness.add_checkpoint(log_.request(5), kNow)), "ok");
}

TEST_F(WitnessTest, RefusesASecondHistory) {
  Witness witness = make();
  ASSERT_EQ(code(witness.add_checkpoint(log_.request(0), kNow)), "ok");
  GrowingLog other("strongroom/log", 'l');
  other.grow(5, "forged");
  EXPECT_EQ(code(witness.add_checkpoint(other.request(5), kNow)), "409 AnotherTree");
  other.grow(4, "forged");
  EXPECT_EQ(code(witness.add_checkpoint(other.request(5), kNow)), "422 NotContinued");
  GrowingLog shorter("strongroom/log", 'l');
  shorter.grow(3);
  EXPECT_EQ(code(witness.add_checkpoint(shorter.request(3), kNow)), "409 AnotherTree");
  log_.grow(1);
  EXPECT_EQ(code(witness.add_checkpoint(log_.request(5), kNow)), "ok");
}

TEST_F(WitnessTest, KnowsItsLogs) {
  Witness witness = make();
  GrowingLog unknown("strongroom/else", 'l');
  unknown.grow(2);
  EXPECT_EQ(code(witness.add_checkpoint(unknown.request(0), kNow)), "404 UnknownLog");
  GrowingLog impostor("strongroom/log", 'x');
  impostor.grow(2);
  EXPECT_EQ(code(witness.add_checkpoint(impostor.request(0), kNow)), "403 NotSigned");
  for (const std::string& wrong :
       {std::string(), std::string("old x\n\n") + log_.note(), std::string("old 0\n") + log_.note(),
        std::string("old 9\n\n") + log_.note(), "old 0\nAAAA\n\n" + log_.note(),
        std::string("old 0\n\nnothing\n")}) {
    EXPECT_EQ(code(witness.add_checkpoint(wrong, kNow)), "400 MalformedRequest") << wrong;
  }
  std::string changed = log_.note();
  changed.back() = 'A';
  EXPECT_FALSE(witness.add_checkpoint("old 0\n\n" + changed, kNow));
}

TEST_F(WitnessTest, ADamagedMemoryCosignsNothing) {
  Witness witness = make();
  ASSERT_EQ(code(witness.add_checkpoint(log_.request(0), kNow)), "ok");
  for (const auto& file : std::filesystem::directory_iterator(directory_)) {
    std::filesystem::resize_file(file.path(), 1);
  }
  EXPECT_EQ(code(witness.add_checkpoint(log_.request(5), kNow)), "503 WitnessFile");
}

TEST_F(WitnessTest, AMemoryThatCannotBeReadCosignsNothing) {
  Witness witness = make();
  ASSERT_EQ(code(witness.add_checkpoint(log_.request(0), kNow)), "ok");
  for (const auto& file : std::filesystem::directory_iterator(directory_)) {
    const std::string path = file.path().string();
    std::filesystem::remove(path);
    std::filesystem::create_symlink(path, path);  // there, and opening it fails
  }
  GrowingLog second{"strongroom/log", 'l'};
  second.grow(7, "other");
  EXPECT_EQ(code(witness.add_checkpoint(second.request(0), kNow)), "503 WitnessFile");
}

}  // namespace
}  // namespace strongroom::audit_witness
