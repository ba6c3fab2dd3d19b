#include "strongroom/recovery/backup.h"

#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "audit_copy.h"
#include "files.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/digest.h"
#include "strongroom/crypto/ed25519.h"
#include "strongroom/crypto/sealed_chunk.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::recovery {
namespace {

constexpr std::string_view kWrapLabel = "strongroom/backup/wrap/1";
constexpr std::string_view kSigningLabel = "strongroom/backup/signing/1";
constexpr std::size_t kRowsPerScan = 256;
constexpr int kFreezeAttempts = 100;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;
constexpr char kFirstTimeTable = 0x21;
constexpr char kLastTimeTable = 0x24;

class DescriptorSink final : public Sink {
 public:
  explicit DescriptorSink(int fd) : fd_(dup(fd)) {}
  Result<void> write(std::string_view bytes) override {
    return write_all(fd_, bytes, "the backup");
  }

 private:
  Descriptor fd_;
};

/// Keeps the pace of a copy below a rate, so that writers keep theirs.
class Throttle {
 public:
  explicit Throttle(std::uint64_t bytes_per_second)
      : rate_(bytes_per_second), started_(monotonic_ns()) {}
  void spent(std::uint64_t bytes) {
    if (rate_ == 0) return;
    bytes_ += bytes;
    const auto due = static_cast<std::int64_t>(static_cast<double>(bytes_) /
                                               static_cast<double>(rate_) * kNanosPerSecond);
    const std::int64_t ahead = due - (monotonic_ns() - started_);
    if (ahead > 0) std::this_thread::sleep_for(std::chrono::nanoseconds(ahead));
  }

 private:
  const std::uint64_t rate_;
  const std::int64_t started_;
  std::uint64_t bytes_ = 0;
};

/// Sealed under a keyring epoch, and so named in the foot.
bool under_keyring(std::string_view row_key) {
  if (row_key[0] >= kFirstTimeTable && row_key[0] <= kLastTimeTable) return true;
  const auto type = barrier::type_of(row_key);
  return type && *type != barrier::RecordType::kSecretVersion;
}

class Writer {
 public:
  Writer(const BackupSource& source, Sink& sink, const BackupOptions& options, Random& random)
      : source_(source),
        sink_(sink),
        options_(options),
        random_(random),
        throttle_(options.bytes_per_second) {}

  Result<Manifest> run(Clock& clock);

 private:
  Result<std::unique_ptr<store::Snapshot>> freeze();
  Result<void> make_head(const store::Snapshot& snapshot, Instant now);
  Result<void> check_base(const store::Snapshot& snapshot) const;
  Result<void> wrap_key(Head& head);
  Result<void> write_rows(const store::Snapshot& snapshot);
  Result<void> write_audit();
  Result<void> write_foot();
  Result<void> add(const Item& item);
  Result<void> close_chunk(bool last);
  Result<void> put(std::string_view bytes);

  const BackupSource& source_;
  Sink& sink_;
  const BackupOptions& options_;
  Random& random_;
  Throttle throttle_;
  crypto::Sha256 digest_;
  std::optional<crypto::Ed25519Signer> signer_;
  SecretBytes key_;
  std::string chunk_;
  Manifest manifest_;
};

Result<void> Writer::put(std::string_view bytes) {
  digest_.update(as_bytes(bytes));
  return sink_.write(bytes);
}

Result<void> Writer::check_base(const store::Snapshot& snapshot) const {
  if (options_.since == nullptr) return {};
  const Head& base = options_.since->head;
  // After a restore revisions count on from an older one: what they were before says nothing.
  SR_TRY(const auto then, barrier::parse_superblock(base.files.superblock));
  SR_TRY(const auto now, barrier::parse_superblock(manifest_.head.files.superblock));
  if (base.cluster == manifest_.head.cluster && base.vkey == manifest_.head.vkey &&
      base.revision <= snapshot.revision() && then.lineage == now.lineage)
    return {};
  return fail(ErrorKind::kConflict, "Backup.OtherBase",
              "the backup cannot continue " + base.id.lower() +
                  ": it is of another data directory, of a later state, or of before a restore. "
                  "Nothing was written. Take a full backup");
}

Result<void> Writer::wrap_key(Head& head) {
  if (options_.recipients.empty()) {
    const std::string aad = key_aad(head.cluster, head.id);
    SR_TRY(head.sealed_key, crypto::suite1_seal(source_.keys.wrap, as_bytes(aad), key_, random_));
  } else {
    SR_TRY(head.age_key, age::encrypt(key_, options_.recipients, random_));
  }
  return {};
}

// A root that is replaced meanwhile changes the seal and then the keyring's row: files that were
// the same before the snapshot and after it open what the snapshot holds.
Result<std::unique_ptr<store::Snapshot>> Writer::freeze() {
  for (int attempt = 0; attempt < kFreezeAttempts; ++attempt) {
    SR_TRY(auto before, barrier::read_directory_files(source_.data_directory));
    SR_TRY(auto snapshot, source_.engine.snapshot());
    SR_TRY(const auto after, barrier::read_directory_files(source_.data_directory));
    if (before != after) continue;
    manifest_.head.files = std::move(before);
    return snapshot;
  }
  return fail(ErrorKind::kUnavailable, "Backup.SealChanges",
              "the seal changes too often to be backed up: try again");
}

Result<void> Writer::make_head(const store::Snapshot& snapshot, Instant now) {
  Head& head = manifest_.head;
  SR_TRY(signer_, crypto::Ed25519Signer::from_seed(source_.keys.signing_seed));
  SR_TRY(const auto superblock, barrier::parse_superblock(head.files.superblock));
  SR_TRY(head.slots, barrier::list_slots(head.files.seal));
  head.id = Uuid::generate(random_);
  head.base = options_.since != nullptr ? options_.since->head.id : Uuid();
  head.cluster = superblock.cluster;
  head.mode = superblock.mode;
  head.format_epoch = superblock.format_epoch;
  head.created = now;
  head.revision = snapshot.revision();
  head.vkey = audit_format::VerifierKey{.name = signing_name(head.cluster),
                                        .public_key = signer_->public_key()}
                  .text();
  SR_CHECK_OK(check_base(snapshot));
  SR_TRY(key_, crypto::new_suite1_key(random_));
  SR_CHECK_OK(wrap_key(head));
  const std::string text = encode_head(head);
  if (text.size() > kHeadBytesMax) return internal_error("recovery: head too large");
  std::string front(kBackupMagic);
  append_u32(front, static_cast<std::uint32_t>(text.size()));
  return put(front + text);
}

Result<void> Writer::close_chunk(bool last) {
  const Head& head = manifest_.head;
  const std::string aad = chunk_aad(head.cluster, head.id, manifest_.foot.chunks, last);
  SR_TRY(const std::string blob,
         crypto::suite1_seal(key_, as_bytes(aad), as_bytes(chunk_), random_));
  std::string length;
  append_u32(length, static_cast<std::uint32_t>(blob.size()) | (last ? kLastChunk : 0U));
  SR_CHECK_OK(put(length));
  SR_CHECK_OK(put(blob));
  ++manifest_.foot.chunks;
  chunk_.clear();
  return {};
}

Result<void> Writer::add(const Item& item) {
  if (options_.cancel != nullptr && options_.cancel->load(std::memory_order_relaxed)) {
    return fail(ErrorKind::kUnavailable, "Backup.Cancelled", "the backup was stopped");
  }
  const std::size_t before = chunk_.size();
  append_item(chunk_, item);
  throttle_.spent(chunk_.size() - before);
  return chunk_.size() >= kChunkBytes ? close_chunk(false) : Result<void>();
}

Result<void> Writer::write_rows(const store::Snapshot& snapshot) {
  const bool increment = options_.since != nullptr;
  const store::Revision base = increment ? options_.since->head.revision : store::Revision{0};
  std::string from;
  while (true) {
    SR_TRY(const auto rows, snapshot.scan(from, "\xff", kRowsPerScan));
    for (const store::Row& row : rows) {
      if (under_keyring(row.key)) {
        SR_TRY(const auto header, barrier::parse_header(row.record));
        ++manifest_.foot.epochs[header.epoch];
      }
      const bool kept = increment && row.modified <= base;
      ++(kept ? manifest_.foot.kept : manifest_.foot.rows);
      SR_CHECK_OK(add({.kind = kept ? ItemKind::kKept : ItemKind::kRow,
                       .key = row.key,
                       .number = static_cast<std::uint64_t>(row.modified),
                       .bytes = row.record}));
    }
    if (rows.size() < kRowsPerScan) return {};
    from = rows.back().key + '\0';
  }
}

Result<void> Writer::write_audit() {
  const AuditPosition from =
      options_.since != nullptr ? options_.since->foot.audit : AuditPosition();
  SR_TRY(manifest_.foot.audit,
         copy_audit(source_.data_directory + "/audit", from,
                    [this](const std::string& path, std::uint64_t offset, std::string_view bytes) {
                      return add(
                          {.kind = ItemKind::kFile, .key = path, .number = offset, .bytes = bytes});
                    }));
  return {};
}

Result<void> Writer::write_foot() {
  Foot& foot = manifest_.foot;
  foot.id = manifest_.head.id;
  foot.sha256 = as_chars(digest_.finish());
  const std::string note =
      audit_format::sign_note(encode_foot(foot), signing_name(manifest_.head.cluster), *signer_);
  std::string out;
  append_u32(out, static_cast<std::uint32_t>(note.size()));
  out.append(note);
  append_u32(out, static_cast<std::uint32_t>(note.size()));
  out.append(kBackupEnd);
  return sink_.write(out);
}

Result<Manifest> Writer::run(Clock& clock) {
  {
    SR_TRY(const auto snapshot, freeze());
    SR_CHECK_OK(make_head(*snapshot, clock.now()));
    SR_CHECK_OK(write_rows(*snapshot));
  }
  SR_CHECK_OK(write_audit());
  SR_CHECK_OK(close_chunk(true));
  SR_CHECK_OK(write_foot());
  return std::move(manifest_);
}

}  // namespace

Result<BackupKeys> BackupKeys::from(const Derive& derive) {
  BackupKeys keys;
  SR_TRY(keys.wrap, derive(kWrapLabel));
  SR_TRY(keys.signing_seed, derive(kSigningLabel));
  return keys;
}

std::unique_ptr<Sink> make_descriptor_sink(int fd) {
  return std::make_unique<DescriptorSink>(fd);
}

Result<Manifest> write_backup(const BackupSource& source, Sink& sink, const BackupOptions& options,
                              Clock& clock, Random& random) {
  return Writer(source, sink, options, random).run(clock);
}

Result<Manifest> write_backup_file(const BackupSource& source, const std::string& path,
                                   const BackupOptions& options, Clock& clock, Random& random) {
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) {
    return fail(ErrorKind::kConflict, "File.Exists",
                path + " exists already. Nothing was changed. Name another path");
  }
  const std::string temporary = path + ".partial";
  std::filesystem::remove(temporary, ignored);  // left by a process that was killed
  SR_TRY(const Descriptor file, create_new(temporary));
  DescriptorSink sink(file.get());
  auto manifest = write_backup(source, sink, options, clock, random);
  if (manifest) {
    if (auto synced = sync_file(file, temporary); !synced) {
      manifest = std::unexpected(std::move(synced).error());
    } else if (rename(temporary.c_str(), path.c_str()) != 0) {
      manifest = refused("rename to", path);
    }
  }
  if (!manifest) {
    std::filesystem::remove(temporary, ignored);
    return manifest;
  }
  SR_CHECK_OK(sync_directory(parent_of(path)));
  return manifest;
}

}  // namespace strongroom::recovery
