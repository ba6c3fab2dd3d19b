#pragma once
// Parsers of the barrier's stored bytes, public so that fuzz targets and tools reach them. They
// take any bytes, allocate in proportion to them, and never read past them. Pure, thread-safe.
// Formats: docs/formats/*.md.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"

namespace strongroom::barrier {

/// What a record shows in clear; all of it is bound by the seal.
struct RecordHeader {
  std::uint64_t rev = 0;
  Uuid resource;
  std::uint32_t epoch = 0;
  std::uint64_t masked_account = 0;
};
inline constexpr std::size_t kRecordHeaderBytes = 37;

std::string encode_header(const RecordHeader& header);
/// kCorrupt if too short or of an unknown format.
Result<RecordHeader> parse_header(std::string_view record);

/// A 256-bit number, least significant limb first; arithmetic is mod 2^256.
struct Sum {
  std::array<std::uint64_t, 4> limbs{};

  void add(const Sum& other);
  void subtract(const Sum& other);
  bool is_zero() const { return *this == Sum(); }
  bool operator==(const Sum&) const = default;
};

using Link = std::array<char, 16>;

/// Plaintext of one part of a delta row.
struct Delta {
  std::uint64_t number = 0;
  std::uint16_t part = 0;
  std::uint16_t parts = 1;
  Link link{};
  Link previous{};
  std::vector<std::pair<std::uint32_t, Sum>> sums;  // bucket, its sum after this commit
};
std::string encode_delta(const Delta& delta);
Result<Delta> parse_delta(std::string_view body);

/// Plaintext of one chunk of the state table.
inline constexpr std::uint32_t kBucketsPerChunk = 4096;
struct Chunk {
  std::uint64_t number = 0;
  Link link{};
  std::vector<Sum> sums;  // kBucketsPerChunk of them
};
std::string encode_chunk(const Chunk& chunk);
Result<Chunk> parse_chunk(std::string_view body);

enum class Mode : std::uint8_t { kDev = 1, kProduction = 2 };
std::string_view mode_name(Mode mode);

inline constexpr std::uint16_t kFirstFormatEpoch = 1;
inline constexpr std::uint16_t kFormatEpoch = 2;  // of new directories; earlier ones are read

/// What a data directory is.
struct Superblock {
  std::uint16_t format_epoch = kFormatEpoch;
  Mode mode = Mode::kProduction;
  Uuid cluster;
  Instant created;
  Uuid lineage = {};  // zero at first; another one after each restore
};
inline constexpr std::size_t kSuperblockMaced = 91;
inline constexpr std::size_t kSuperblockBytes = 123;

/// The first kSuperblockMaced bytes of the file; the MAC follows.
std::string encode_superblock(const Superblock& superblock);
/// Checks form and checksum, not the MAC. kCorrupt if damaged, kConflict for a format epoch that is
/// not known here.
Result<Superblock> parse_superblock(std::string_view file);

enum class SlotKind : std::uint8_t {
  kFile = 1,
  kPassphrase = 2,
  kDev = 3,
  kShamir = 4,  // the slot's key is shared among people
  kToken = 5,   // it is wrapped by a key in a PKCS#11 token
  kKms = 6,     // it is encrypted by a key of another KMS
  kTpm = 7,     // a TPM seals it
};

/// Costs of argon2id (RFC 9106).
struct Argon2Cost {
  std::uint32_t passes = 3;
  std::uint32_t memory_kib = 256U << 10;
  std::uint32_t lanes = 4;
};

struct Slot {
  std::uint8_t id = 1;
  SlotKind kind = SlotKind::kFile;
  Instant created;
  std::string salt;  // passphrase slots: 16 bytes
  Argon2Cost cost;   // passphrase slots
  std::string
      parameters;  // shared, token and remote slots: at most 255 bytes, docs/formats/seal.md
  std::string check_value = std::string(6, '\0');
  std::string blob;
};
/// The data's keys under the root, and which root that is.
struct SealedKeys {
  std::uint32_t root_number = 1;
  Instant root_since;
  bool changing = false;  // holds the keyring's key under the root before, too
  std::string blob = {};
};
/// The bytes of it that the blob is bound to.
std::string encode_keys_head(const SealedKeys& keys);

struct SealTable {
  Uuid cluster;
  std::vector<Slot> slots;
  std::optional<SealedKeys> keys = {};  // none: version 1, of format epoch 1
};

/// The bytes of a slot that its blob is bound to.
std::string encode_slot_head(const Slot& slot);
/// "file", "passphrase" …
std::string_view slot_kind_name(SlotKind kind);
/// Everything but the MAC.
std::string encode_seal_table(const SealTable& table);
/// Checks form and limits, not the MAC, which is the last 32 bytes. kCorrupt otherwise, kConflict
/// for a version that is not known here.
Result<SealTable> parse_seal_table(std::string_view file);

}  // namespace strongroom::barrier
