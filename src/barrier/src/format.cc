// Encodings of the state table, the superblock and the seal table. The record header is in
// sealed_record.cc.

#include "strongroom/barrier/format.h"

#include <algorithm>
#include <cstring>

#include "primitives.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/field_cursor.h"
#include "strongroom/base/limits.h"

namespace strongroom::barrier {
namespace {

constexpr std::string_view kSuperblockMagic = "SRSUPER1";
constexpr std::string_view kSealMagic = "SRSEAL01";
constexpr std::uint16_t kFirstSealVersion = 1;
constexpr std::uint16_t kSealVersion = 2;
constexpr std::size_t kSumBytes = 32;
constexpr std::size_t kBitmapBytes = kBucketsPerChunk / 8;
constexpr std::size_t kSlotsMax = 8;
constexpr std::size_t kSaltBytes = 16;
constexpr std::size_t kPassphraseParameterBytes = kSaltBytes + 12;
constexpr std::size_t kSlotParametersMax = 255;
constexpr std::size_t kCheckValueBytes = 6;
constexpr std::size_t kMacBytes = 32;

std::unexpected<Error> corrupt(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "Barrier.FormatCorrupt",
              std::string(what) +
                  " is damaged: keep the data directory as it is and restore from a backup");
}

void append_sum(std::string& out, const Sum& sum) {
  for (auto limb = sum.limbs.rbegin(); limb != sum.limbs.rend(); ++limb) append_u64(out, *limb);
}

Sum load_sum(const char* bytes) {
  Sum sum;
  for (std::size_t i = 0; i < 4; ++i) sum.limbs[3 - i] = load_u64(bytes + 8 * i);
  return sum;
}

Link load_link(std::string_view bytes) {
  Link link{};
  if (bytes.size() == link.size()) std::memcpy(link.data(), bytes.data(), link.size());
  return link;
}

std::string_view view(const Link& link) {
  return {link.data(), link.size()};
}

bool within_limits(const Argon2Cost& cost) {
  return cost.passes >= 1 && cost.passes <= limits::kArgon2PassesMax && cost.lanes >= 1 &&
         cost.lanes <= limits::kArgon2LanesMax && cost.memory_kib <= limits::kArgon2MemoryKibMax &&
         cost.memory_kib >= 8 * cost.lanes;
}

Result<Slot> parse_slot(FieldCursor& in) {
  Slot slot;
  slot.id = in.u8();
  const std::uint8_t kind = in.u8();
  slot.created = {static_cast<std::int64_t>(in.u64())};
  const std::size_t parameters = in.u8();
  if (!in.ok() || slot.id == 0) return corrupt("the seal table");
  switch (kind) {
    case static_cast<std::uint8_t>(SlotKind::kFile):
    case static_cast<std::uint8_t>(SlotKind::kDev):
      if (parameters != 0) return corrupt("the seal table");
      break;
    case static_cast<std::uint8_t>(SlotKind::kPassphrase):
      if (parameters != kPassphraseParameterBytes) return corrupt("the seal table");
      slot.salt = in.take(kSaltBytes);
      slot.cost = {.passes = in.u32(), .memory_kib = in.u32(), .lanes = in.u32()};
      if (!in.ok() || !within_limits(slot.cost)) {
        return fail(
            ErrorKind::kCorrupt, "Seal.HostileParameters",
            "the seal table asks for argon2id costs beyond t = 20, m = 4 GiB, p = 16, which "
            "this server never writes: restore the file `seal` from a backup");
      }
      break;
    case static_cast<std::uint8_t>(SlotKind::kShamir):
    case static_cast<std::uint8_t>(SlotKind::kToken):
    case static_cast<std::uint8_t>(SlotKind::kKms):
    case static_cast<std::uint8_t>(SlotKind::kTpm):
      slot.parameters = in.take(parameters);
      break;
    default:
      return fail(ErrorKind::kCorrupt, "Seal.UnknownKind",
                  "the seal has a slot of a kind that this release does not know: use the release "
                  "that wrote it, or a newer one");
  }
  slot.kind = static_cast<SlotKind>(kind);
  slot.check_value = in.take(kCheckValueBytes);
  slot.blob = in.take(in.u16());
  if (!in.ok()) return corrupt("the seal table");
  return slot;
}

Result<SealedKeys> parse_sealed_keys(FieldCursor& in) {
  SealedKeys keys;
  keys.root_number = in.u32();
  keys.root_since = {static_cast<std::int64_t>(in.u64())};
  const std::uint8_t changing = in.u8();
  keys.changing = changing == 1;
  keys.blob = in.take(in.u16());
  if (!in.ok() || keys.root_number == 0 || changing > 1) return corrupt("the seal table");
  return keys;
}

}  // namespace

void Sum::add(const Sum& other) {
  unsigned carry = 0;
  for (std::size_t i = 0; i < limbs.size(); ++i) {
    const std::uint64_t partial = limbs[i] + other.limbs[i];
    const unsigned overflow = partial < limbs[i] ? 1 : 0;
    limbs[i] = partial + carry;
    carry = overflow | (limbs[i] < partial ? 1U : 0U);
  }
}

void Sum::subtract(const Sum& other) {
  unsigned borrow = 0;
  for (std::size_t i = 0; i < limbs.size(); ++i) {
    const std::uint64_t partial = limbs[i] - other.limbs[i];
    const unsigned underflow = limbs[i] < other.limbs[i] ? 1 : 0;
    limbs[i] = partial - borrow;
    borrow = underflow | (partial < borrow ? 1U : 0U);
  }
}

std::string encode_delta(const Delta& delta) {
  std::string out;
  out.reserve(48 + delta.sums.size() * (4 + kSumBytes));
  append_u64(out, delta.number);
  append_u16(out, delta.part);
  append_u16(out, delta.parts);
  out.append(view(delta.link));
  out.append(view(delta.previous));
  append_u32(out, static_cast<std::uint32_t>(delta.sums.size()));
  for (const auto& [bucket, sum] : delta.sums) {
    append_u32(out, bucket);
    append_sum(out, sum);
  }
  return out;
}

Result<Delta> parse_delta(std::string_view body) {
  FieldCursor in(body);
  Delta delta;
  delta.number = in.u64();
  delta.part = in.u16();
  delta.parts = in.u16();
  delta.link = load_link(in.take(16));
  delta.previous = load_link(in.take(16));
  const std::size_t count = in.u32();
  if (!in.ok() || in.left() != count * (4 + kSumBytes)) return corrupt("a delta row");
  delta.sums.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t bucket = in.u32();
    delta.sums.emplace_back(bucket, load_sum(in.take(kSumBytes).data()));
  }
  return delta;
}

std::string encode_chunk(const Chunk& chunk) {
  SR_CHECK(chunk.sums.size() == kBucketsPerChunk);
  std::string out;
  append_u64(out, chunk.number);
  out.append(view(chunk.link));
  const std::size_t bitmap = out.size();
  out.append(kBitmapBytes, '\0');
  for (std::size_t i = 0; i < chunk.sums.size(); ++i) {
    if (chunk.sums[i].is_zero()) continue;
    out[bitmap + i / 8] =
        static_cast<char>(static_cast<std::uint8_t>(out[bitmap + i / 8]) | (1U << (i % 8)));
    append_sum(out, chunk.sums[i]);
  }
  return out;
}

Result<Chunk> parse_chunk(std::string_view body) {
  FieldCursor in(body);
  Chunk chunk;
  chunk.number = in.u64();
  chunk.link = load_link(in.take(16));
  const std::string_view bitmap = in.take(kBitmapBytes);
  if (!in.ok()) return corrupt("a state table chunk");
  chunk.sums.resize(kBucketsPerChunk);
  for (std::size_t i = 0; i < kBucketsPerChunk; ++i) {
    if ((static_cast<std::uint8_t>(bitmap[i / 8]) >> (i % 8) & 1U) == 0) continue;
    const auto bytes = in.take(kSumBytes);
    if (!in.ok()) return corrupt("a state table chunk");
    chunk.sums[i] = load_sum(bytes.data());
  }
  if (!in.finished()) return corrupt("a state table chunk");
  return chunk;
}

std::string_view mode_name(Mode mode) {
  return mode == Mode::kDev ? "dev" : "production";
}

std::string encode_superblock(const Superblock& superblock) {
  std::string out(kSuperblockMagic);
  append_u16(out, superblock.format_epoch);
  out.push_back(static_cast<char>(superblock.mode));
  out.append(superblock.cluster.bytes());
  append_u64(out, static_cast<std::uint64_t>(superblock.created.unix_ms));
  out.append(superblock.lineage.bytes());
  out.append(8, '\0');
  out.append(as_chars(sha256(out)));
  SR_CHECK(out.size() == kSuperblockMaced);
  return out;
}

Result<Superblock> parse_superblock(std::string_view file) {
  if (file.size() != kSuperblockBytes || !file.starts_with(kSuperblockMagic)) {
    return corrupt("the superblock");
  }
  constexpr std::size_t kSummed = kSuperblockMaced - 32;
  if (!digests_equal(sha256(file.substr(0, kSummed)), file.substr(kSummed, 32))) {
    return corrupt("the superblock");
  }
  FieldCursor in(file.substr(kSuperblockMagic.size()));
  Superblock superblock;
  superblock.format_epoch = in.u16();
  if (superblock.format_epoch < kFirstFormatEpoch || superblock.format_epoch > kFormatEpoch) {
    return fail(ErrorKind::kConflict, "DataDirectory.OtherFormat",
                "the data has format epoch " + std::to_string(superblock.format_epoch) +
                    ", this release reads epochs " + std::to_string(kFirstFormatEpoch) + " to " +
                    std::to_string(kFormatEpoch) +
                    ": use the release that wrote it, or a newer one. Nothing was changed");
  }
  const std::uint8_t mode = in.u8();
  if (mode != static_cast<std::uint8_t>(Mode::kDev) &&
      mode != static_cast<std::uint8_t>(Mode::kProduction)) {
    return corrupt("the superblock");
  }
  superblock.mode = static_cast<Mode>(mode);
  superblock.cluster = Uuid::from_bytes(in.take(16));
  superblock.created = {static_cast<std::int64_t>(in.u64())};
  superblock.lineage = Uuid::from_bytes(in.take(16));
  const auto reserved = in.take(8);
  if (std::ranges::any_of(reserved, [](char byte) { return byte != 0; }))
    return corrupt("the superblock");
  return superblock;
}

std::string_view slot_kind_name(SlotKind kind) {
  switch (kind) {
    case SlotKind::kFile:
      return "file";
    case SlotKind::kPassphrase:
      return "passphrase";
    case SlotKind::kDev:
      return "dev";
    case SlotKind::kShamir:
      return "shares";
    case SlotKind::kToken:
      return "token";
    case SlotKind::kKms:
      return "kms";
    case SlotKind::kTpm:
      return "tpm";
  }
  return "unknown";
}

std::string encode_slot_head(const Slot& slot) {
  SR_CHECK(slot.check_value.size() == kCheckValueBytes);
  std::string out;
  out.push_back(static_cast<char>(slot.id));
  out.push_back(static_cast<char>(slot.kind));
  append_u64(out, static_cast<std::uint64_t>(slot.created.unix_ms));
  if (slot.kind == SlotKind::kPassphrase) {
    SR_CHECK(slot.salt.size() == kSaltBytes);
    out.push_back(static_cast<char>(kPassphraseParameterBytes));
    out.append(slot.salt);
    append_u32(out, slot.cost.passes);
    append_u32(out, slot.cost.memory_kib);
    append_u32(out, slot.cost.lanes);
  } else {
    SR_CHECK(slot.parameters.size() <= kSlotParametersMax);
    out.push_back(static_cast<char>(slot.parameters.size()));
    out.append(slot.parameters);
  }
  out.append(slot.check_value);
  return out;
}

std::string encode_seal_table(const SealTable& table) {
  SR_CHECK(!table.slots.empty() && table.slots.size() <= kSlotsMax);
  std::string out(kSealMagic);
  append_u16(out, table.keys ? kSealVersion : kFirstSealVersion);
  out.append(table.cluster.bytes());
  out.push_back(static_cast<char>(table.slots.size()));
  for (const Slot& slot : table.slots) {
    out.append(encode_slot_head(slot));
    append_u16(out, static_cast<std::uint16_t>(slot.blob.size()));
    out.append(slot.blob);
  }
  if (table.keys) {
    out.append(encode_keys_head(*table.keys));
    append_u16(out, static_cast<std::uint16_t>(table.keys->blob.size()));
    out.append(table.keys->blob);
  }
  return out;
}

std::string encode_keys_head(const SealedKeys& keys) {
  std::string out;
  append_u32(out, keys.root_number);
  append_u64(out, static_cast<std::uint64_t>(keys.root_since.unix_ms));
  out.push_back(keys.changing ? '\1' : '\0');
  return out;
}

Result<SealTable> parse_seal_table(std::string_view file) {
  FieldCursor in(file);
  if (in.take(kSealMagic.size()) != kSealMagic) return corrupt("the seal table");
  const std::uint16_t version = in.u16();
  if (in.ok() && version > kSealVersion) {
    return fail(ErrorKind::kConflict, "DataDirectory.OtherFormat",
                "the seal has version " + std::to_string(version) +
                    ", which a newer release wrote: use that one. Nothing was changed");
  }
  if (version < kFirstSealVersion) return corrupt("the seal table");
  SealTable table;
  table.cluster = Uuid::from_bytes(in.take(16));
  const std::size_t count = in.u8();
  if (!in.ok() || count == 0 || count > kSlotsMax) return corrupt("the seal table");
  for (std::size_t i = 0; i < count; ++i) {
    SR_TRY(Slot slot, parse_slot(in));
    for (const Slot& other : table.slots) {
      if (other.id == slot.id) return corrupt("the seal table");
    }
    table.slots.push_back(std::move(slot));
  }
  if (version == kSealVersion) {
    SR_TRY(table.keys, parse_sealed_keys(in));
  }
  in.take(kMacBytes);
  if (!in.finished()) return corrupt("the seal table");
  return table;
}

}  // namespace strongroom::barrier
