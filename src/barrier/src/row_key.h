#pragma once
// How rows are called in the store (docs/formats/record.md, "Row keys"). Pure, thread-safe.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "strongroom/barrier/record.h"
#include "strongroom/base/time.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

inline constexpr char kOwnTable = 0x01;
inline constexpr char kResourceTable = 0x10;
inline constexpr char kTimeTableBase = 0x20;  // plus TimeTable

inline constexpr std::size_t kPrefixBytes = 16;
inline constexpr std::size_t kResourceKeyBytes = 1 + kPrefixBytes + 1 + 4;
inline constexpr std::size_t kTimeKeyBytes = 1 + 8 + 16;

using BlindedPrefix = std::array<char, kPrefixBytes>;

constexpr std::uint8_t kind_of(RecordType type) {
  return static_cast<std::uint8_t>(type) & 0xf0;
}

/// The type in a resource row's key (sealed_store.h).
std::optional<RecordType> type_of(std::string_view row_key);

/// HMAC16(K_index, account ‖ kind ‖ name).
BlindedPrefix blind(const SecretBytes& k_index, AccountId account, std::uint8_t kind,
                    std::string_view name);
std::string resource_key(const BlindedPrefix& prefix, RecordType type, std::uint32_t version);

std::string time_key(TimeTable table, Instant when, std::string_view random16);
/// First key of a table after every row with a time <= `until`.
std::string time_key_after(TimeTable table, Instant until);
/// The table, if the key is of one.
std::optional<TimeTable> time_table_of(std::string_view key);
Instant time_of(std::string_view time_key);

std::string keyring_key();
std::string chunk_key(std::uint16_t chunk);
std::string delta_key(std::uint64_t number, std::uint16_t part);
/// Bounds of all delta rows: first <= key < last.
std::string deltas_begin();
std::string deltas_end();

/// The masks of a record's clear account field.
std::uint64_t account_mask(const SecretBytes& k_index, std::string_view row_key);

}  // namespace strongroom::barrier
