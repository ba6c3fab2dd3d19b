// The parsers of the barrier's stored bytes: what they accept, they must be able to write again.
// Input: which parser, bytes.

#include <string>

#include "fuzz.h"
#include "strongroom/barrier/format.h"
#include "strongroom/base/check.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom::barrier;
  std::string_view bytes = strongroom::fuzz::text_of(data, size);
  switch (strongroom::fuzz::take_byte(bytes) % 5) {
    case 0:
      if (const auto header = parse_header(bytes)) {
        SR_CHECK(encode_header(*header) == bytes.substr(0, kRecordHeaderBytes));
      }
      break;
    case 1:
      if (const auto delta = parse_delta(bytes)) SR_CHECK(encode_delta(*delta) == bytes);
      break;
    case 2:
      if (const auto chunk = parse_chunk(bytes)) SR_CHECK(encode_chunk(*chunk) == bytes);
      break;
    case 3:
      if (const auto superblock = parse_superblock(bytes)) {
        SR_CHECK(encode_superblock(*superblock) == bytes.substr(0, kSuperblockMaced));
      }
      break;
    default:
      if (const auto table = parse_seal_table(bytes)) {
        SR_CHECK(bytes.size() >= 32);
        SR_CHECK(encode_seal_table(*table) == bytes.substr(0, bytes.size() - 32));
      }
      break;
  }
  return 0;
}
