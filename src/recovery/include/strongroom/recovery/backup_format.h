#pragma once
// The text and the items of a backup file (docs/formats/backup.md), from bytes and back. Parsers
// take any bytes. Pure, thread-safe.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "strongroom/audit_format/note.h"
#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/format.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/store/store.h"

namespace strongroom::recovery {

inline constexpr std::string_view kBackupMagic = "SRBACK01";
inline constexpr std::string_view kBackupEnd = "SRBACKEN";
inline constexpr std::size_t kHeadBytesMax = 64U << 10;
inline constexpr std::size_t kFootBytesMax = 64U << 10;
inline constexpr std::size_t kChunkBytes = 1U << 20;     // a chunk is closed at this size
inline constexpr std::size_t kChunkBytesMax = 4U << 20;  // of plaintext
inline constexpr std::uint32_t kLastChunk = 0x8000'0000U;

/// What stands in clear at the front.
struct Head {
  Uuid id;
  Uuid base;  // zero: a full backup
  Uuid cluster;
  barrier::Mode mode = barrier::Mode::kProduction;
  std::uint16_t format_epoch = barrier::kFormatEpoch;
  Instant created;
  store::Revision revision{};
  std::string vkey;                       // verifier key text
  std::vector<barrier::SlotFacts> slots;  // as in `files.seal`
  barrier::DirectoryFiles files;
  std::string sealed_key;  // under K_wrap, or empty
  std::string age_key;     // an age file (format 2), or empty: exactly one of them is there

  bool full() const { return base.is_zero(); }
};
std::string encode_head(const Head& head);
/// kCorrupt if malformed, kConflict for another format.
Result<Head> parse_head(std::string_view text);

/// Where the audit log of a backup ends.
struct AuditPosition {
  std::uint64_t entries = 0;
  std::string root;  // 32 bytes
  std::uint64_t volume_first = 0;
  std::uint64_t volume_bytes = 0;  // 0: no log
};

/// What stands in clear, signed, at the end.
struct Foot {
  Uuid id;
  std::string sha256;  // 32 bytes, of everything before it
  std::uint64_t chunks = 0;
  std::uint64_t rows = 0;
  std::uint64_t kept = 0;
  std::map<std::uint32_t, std::uint64_t> epochs;  // keyring epoch -> rows that need it
  AuditPosition audit;
};
std::string encode_foot(const Foot& foot);
/// kCorrupt if malformed.
Result<Foot> parse_foot(std::string_view text);

/// Head and foot.
struct Manifest {
  Head head;
  Foot foot;
};

/// "strongroom/<cluster>/backup": the name under which feet are signed.
std::string signing_name(Uuid cluster);

enum class ItemKind : std::uint8_t { kRow = 1, kKept = 2, kFile = 3 };

/// One item; views into the chunk that it was taken from.
struct Item {
  ItemKind kind = ItemKind::kRow;
  std::string_view key;      // row key, or a file's path
  std::uint64_t number = 0;  // a row's revision, or a piece's offset
  std::string_view bytes;    // the record, or the piece
};
void append_item(std::string& chunk, const Item& item);
/// Takes the item at the front of `rest` off it. Nothing if it is not whole, or its sizes are out
/// of bounds.
std::optional<Item> take_item(std::string_view& rest);

/// The AAD of chunk `number`, and of the backup's key.
std::string chunk_aad(Uuid cluster, Uuid id, std::uint64_t number, bool last);
std::string key_aad(Uuid cluster, Uuid id);

/// True for paths that a backup may hold: "audit/" and then names without ".." or empty parts.
bool is_backed_up_path(std::string_view path);

}  // namespace strongroom::recovery
