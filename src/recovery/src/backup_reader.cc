#include "strongroom/recovery/backup_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>

#include "files.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/ed25519.h"
#include "strongroom/crypto/sealed_chunk.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::recovery {
namespace {

constexpr std::size_t kTailBytes = 4 + kBackupEnd.size();
constexpr std::size_t kKeyBytes = 32;

std::unexpected<Error> damaged(const std::string& path, std::string_view what) {
  return fail(ErrorKind::kCorrupt, "Backup.Damaged",
              path + " is damaged or no backup (" + std::string(what) +
                  "). Nothing was changed. Use another copy of it or an older backup");
}

Result<Foot> open_foot(const std::string& path, const Head& head, std::string_view note) {
  const auto key = audit_format::VerifierKey::parse(head.vkey);
  if (!key || key->name != signing_name(head.cluster)) return damaged(path, "its public key");
  const auto text = audit_format::open_note(note, *key);
  if (!text) return damaged(path, "its signature does not hold");
  SR_TRY(Foot foot, parse_foot(*text));
  if (foot.id != head.id) return damaged(path, "foot and head differ");
  return foot;
}

class Reader final : public BackupReader {
 public:
  Reader(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}

  Result<void> read_head();
  const Head& head() const override { return head_; }
  Result<void> unlock(const BackupKeys& keys, std::span<const age::Identity> identities) override;
  Result<std::optional<Item>> next() override;
  Result<void> skip() override;
  Result<Foot> finish() override;

 private:
  Result<SecretBytes> chunk_key(const BackupKeys& keys,
                                std::span<const age::Identity> identities) const;
  Result<std::string> take(std::size_t size);
  /// The next chunk's blob; `last_` tells whether it was the last one.
  Result<std::string> take_chunk();
  Result<void> open_next_chunk();
  void count(const Item& item);

  const std::string path_;
  Descriptor file_;
  crypto::Sha256 digest_;
  Head head_;
  std::optional<SecretBytes> key_;
  std::string chunk_;
  std::string_view rest_;
  bool last_ = false;
  bool opened_ = false;  // items were read, so the foot's counts can be compared
  Foot counted_;
};

Result<std::string> Reader::take(std::size_t size) {
  std::string bytes(size, '\0');
  SR_TRY(const std::size_t got, read_some(file_, bytes.data(), size, path_));
  if (got != size) return damaged(path_, "it ends too early");
  return bytes;
}

Result<void> Reader::read_head() {
  SR_TRY(const std::string front, take(kBackupMagic.size() + 4));
  if (!front.starts_with(kBackupMagic)) return damaged(path_, "it does not begin as one");
  const std::size_t size = load_u32(front.data() + kBackupMagic.size());
  if (size > kHeadBytesMax) return damaged(path_, "its head's length");
  SR_TRY(const std::string text, take(size));
  digest_.update(as_bytes(front));
  digest_.update(as_bytes(text));
  SR_TRY(head_, parse_head(text));
  return {};
}

Result<SecretBytes> Reader::chunk_key(const BackupKeys& keys,
                                      std::span<const age::Identity> identities) const {
  if (head_.age_key.empty()) {
    const std::string aad = key_aad(head_.cluster, head_.id);
    auto key = crypto::suite1_open(keys.wrap, as_bytes(aad), head_.sealed_key);
    if (!key) return damaged(path_, "its key does not open");
    return key;
  }
  if (identities.empty()) {
    return fail(ErrorKind::kDenied, "Backup.NeedsIdentity",
                path_ +
                    " was encrypted for age recipients. Nothing was changed. Name the identity "
                    "file of one of them with --age-identity-file");
  }
  auto key = age::decrypt(head_.age_key, identities);
  if (!key && key.error().kind() == ErrorKind::kDenied) return key;
  if (!key || key->size() != kKeyBytes)
    return damaged(path_, "its key for age recipients does not open");
  return key;
}

Result<void> Reader::unlock(const BackupKeys& keys, std::span<const age::Identity> identities) {
  SR_TRY(const auto signer, crypto::Ed25519Signer::from_seed(keys.signing_seed));
  const audit_format::VerifierKey ours{.name = signing_name(head_.cluster),
                                       .public_key = signer.public_key()};
  if (ours.text() != head_.vkey) {
    return fail(ErrorKind::kDenied, "Backup.OtherSigner",
                path_ +
                    " was not signed by the data directory whose seal it carries. Nothing was "
                    "changed. Do not use it");
  }
  SR_TRY(key_, chunk_key(keys, identities));
  return {};
}

Result<std::string> Reader::take_chunk() {
  SR_TRY(const std::string length, take(4));
  const std::uint32_t word = load_u32(length.data());
  const std::size_t size = word & ~kLastChunk;
  if (size > kChunkBytesMax + crypto::kSuite1Overhead) return damaged(path_, "a chunk's length");
  SR_TRY(std::string blob, take(size));
  digest_.update(as_bytes(length));
  digest_.update(as_bytes(blob));
  last_ = (word & kLastChunk) != 0;
  ++counted_.chunks;
  return blob;
}

Result<void> Reader::open_next_chunk() {
  SR_TRY(const std::string blob, take_chunk());
  const std::string aad = chunk_aad(head_.cluster, head_.id, counted_.chunks - 1, last_);
  auto chunk = crypto::suite1_open_chunk(*key_, as_bytes(aad), blob);
  if (!chunk && chunk.error().kind() != ErrorKind::kCorrupt)
    return std::unexpected(std::move(chunk).error());
  if (!chunk) return damaged(path_, "a chunk does not open");
  chunk_ = std::move(*chunk);
  rest_ = chunk_;
  return {};
}

void Reader::count(const Item& item) {
  if (item.kind == ItemKind::kRow) ++counted_.rows;
  if (item.kind == ItemKind::kKept) ++counted_.kept;
}

Result<std::optional<Item>> Reader::next() {
  SR_CHECK(key_.has_value());
  opened_ = true;
  while (rest_.empty()) {
    if (last_) return std::nullopt;
    SR_CHECK_OK(open_next_chunk());
  }
  const auto item = take_item(rest_);
  if (!item) return damaged(path_, "an item is malformed");
  count(*item);
  return item;
}

Result<void> Reader::skip() {
  while (!last_) {
    const auto blob = take_chunk();
    if (!blob) return std::unexpected(blob.error());
  }
  return {};
}

Result<Foot> Reader::finish() {
  SR_CHECK(last_ && rest_.empty());
  SR_TRY(const std::string length, take(4));
  const std::size_t size = load_u32(length.data());
  if (size > kFootBytesMax) return damaged(path_, "its foot's length");
  SR_TRY(const std::string note, take(size));
  SR_TRY(const std::string tail, take(kTailBytes));
  if (tail != length + std::string(kBackupEnd)) return damaged(path_, "its end");
  char more = 0;
  SR_TRY(const std::size_t beyond, read_some(file_, &more, 1, path_));
  if (beyond != 0) return damaged(path_, "something follows its end");
  SR_TRY(Foot foot, open_foot(path_, head_, note));
  if (foot.sha256 != as_chars(digest_.finish()) || foot.chunks != counted_.chunks)
    return damaged(path_, "its digest");
  if (opened_ && (foot.rows != counted_.rows || foot.kept != counted_.kept))
    return damaged(path_, "its counts");
  return foot;
}

}  // namespace

Result<std::unique_ptr<BackupReader>> BackupReader::open(const std::string& path) {
  Descriptor file;
  if (path == "-") {
    file = Descriptor(dup(STDIN_FILENO));
  } else {
    SR_TRY(file, open_to_read(path));
  }
  auto reader = std::make_unique<Reader>(path, std::move(file));
  SR_CHECK_OK(reader->read_head());
  return reader;
}

Result<Manifest> read_manifest(const std::string& path) {
  SR_TRY(const auto reader, BackupReader::open(path));
  Manifest manifest{.head = reader->head(), .foot = {}};
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) return refused("read", path);
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size < kTailBytes) return damaged(path, "it ends too early");
  SR_TRY(const std::string tail, read_range(path, size - kTailBytes, kTailBytes));
  if (!tail.ends_with(kBackupEnd)) return damaged(path, "it ends too early");
  const std::uint64_t foot = load_u32(tail.data());
  if (foot > kFootBytesMax || foot + kTailBytes > size) return damaged(path, "its foot's length");
  SR_TRY(const std::string note, read_range(path, size - kTailBytes - foot, foot));
  SR_TRY(manifest.foot, open_foot(path, manifest.head, note));
  return manifest;
}

Result<Manifest> verify_backup(const std::string& path, const BackupKeys* keys,
                               std::string_view vkey, std::span<const age::Identity> identities) {
  SR_TRY(const auto reader, BackupReader::open(path));
  if (!vkey.empty() && vkey != reader->head().vkey) {
    return fail(ErrorKind::kDenied, "Backup.OtherSigner",
                path + " names the signing key " + reader->head().vkey +
                    ", not the one that was given. Do not use it");
  }
  if (keys == nullptr) {
    SR_CHECK_OK(reader->skip());
  } else {
    SR_CHECK_OK(reader->unlock(*keys, identities));
    while (true) {
      SR_TRY(const auto item, reader->next());
      if (!item) break;
    }
  }
  Manifest manifest{.head = reader->head(), .foot = {}};
  SR_TRY(manifest.foot, reader->finish());
  return manifest;
}

}  // namespace strongroom::recovery
