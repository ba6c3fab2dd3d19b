#pragma once
// The sealed form of one barrier record (docs/formats/record.md, "A sealed record"). Pure but for
// randomness.

#include <cstdint>
#include <string>
#include <string_view>

#include "strongroom/barrier/format.h"
#include "strongroom/barrier/record.h"
#include "strongroom/base/random.h"
#include "strongroom/base/result.h"
#include "strongroom/secmem/secret_bytes.h"

namespace strongroom::barrier {

// Record types that are the barrier's own; RecordType has the others.
inline constexpr std::uint8_t kSealSlotType = 0x01;
inline constexpr std::uint8_t kKeyringType = 0x02;
inline constexpr std::uint8_t kChunkType = 0x03;
inline constexpr std::uint8_t kDeltaType = 0x04;
inline constexpr std::uint8_t kTimeRowType = 0x05;
inline constexpr std::uint8_t kDataKeysType = 0x08;  // in the file `seal`

/// Everything that places a record, apart from its clear header.
struct Place {
  std::uint8_t type = 0;
  Uuid cluster;
  AccountId account;
  std::string_view row_key;
};

/// header ‖ suite 1 of the padded body. kInvalidInput if the result would not fit a row, kExhausted
/// without locked memory.
Result<std::string> seal_record(const SecretBytes& key, const Place& place,
                                const RecordHeader& header, ByteView body, Random& random);

struct OpenedBody {
  SecretBytes padded;
  std::size_t size = 0;  // the body is the first `size` bytes
};

/// kCorrupt for every reason the record does not open.
Result<OpenedBody> open_record(const SecretBytes& key, const Place& place, std::string_view record);

}  // namespace strongroom::barrier
