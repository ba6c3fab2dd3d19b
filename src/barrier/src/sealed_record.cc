#include "sealed_record.h"

#include <cstring>

#include "reveal.h"
#include "strongroom/barrier/aad.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/limits.h"
#include "strongroom/crypto/suite1.h"

namespace strongroom::barrier {
namespace {

constexpr std::uint8_t kRecordFormat = 1;
constexpr std::size_t kPadStep = 64;
constexpr std::size_t kLengthBytes = 4;

std::string binding_of(const Place& place, const RecordHeader& header) {
  std::string epoch;
  append_u32(epoch, header.epoch);
  return aad({.record_type = place.type,
              .cluster = place.cluster,
              .account = place.account,
              .resource = header.resource,
              .name = place.row_key,
              .version_id = {},
              .field = "record",
              .rev = header.rev,
              .wrapping_key = epoch});
}

std::unexpected<Error> corrupt() {
  return fail(ErrorKind::kCorrupt, "Barrier.RecordCorrupt",
              "a stored record failed authentication: stop the server, keep the data directory as "
              "it is, and restore from a backup");
}

}  // namespace

std::string encode_header(const RecordHeader& header) {
  std::string out;
  out.reserve(kRecordHeaderBytes);
  out.push_back(static_cast<char>(kRecordFormat));
  append_u64(out, header.rev);
  out.append(header.resource.bytes());
  append_u32(out, header.epoch);
  append_u64(out, header.masked_account);
  return out;
}

Result<RecordHeader> parse_header(std::string_view record) {
  if (record.size() < kRecordHeaderBytes) return corrupt();
  if (static_cast<std::uint8_t>(record[0]) != kRecordFormat) return corrupt();
  RecordHeader header;
  header.rev = load_u64(record.data() + 1);
  header.resource = Uuid::from_bytes(record.substr(9, 16));
  header.epoch = load_u32(record.data() + 25);
  header.masked_account = load_u64(record.data() + 29);
  return header;
}

Result<std::string> seal_record(const SecretBytes& key, const Place& place,
                                const RecordHeader& header, ByteView body, Random& random) {
  const std::size_t padded = (body.size() + kLengthBytes + kPadStep - 1) / kPadStep * kPadStep;
  if (kRecordHeaderBytes + crypto::kSuite1Overhead + padded > limits::kRecordBytesMax) {
    return fail(ErrorKind::kInvalidInput, "Barrier.RecordTooLarge",
                "a record may not exceed 1 MiB: store less in one resource");
  }
  SR_TRY(SecretBytes plaintext, SecretBytes::zeroed(padded));
  const auto bytes = RecordReveal::fill(plaintext);
  if (!body.empty()) std::memcpy(bytes.data(), body.data(), body.size());
  std::string length;
  append_u32(length, static_cast<std::uint32_t>(body.size()));
  std::memcpy(bytes.data() + padded - kLengthBytes, length.data(), kLengthBytes);

  const std::string aad = binding_of(place, header);
  SR_TRY(const std::string blob, crypto::suite1_seal(key, as_bytes(aad), plaintext, random));
  return encode_header(header) + blob;
}

Result<OpenedBody> open_record(const SecretBytes& key, const Place& place,
                               std::string_view record) {
  SR_TRY(const RecordHeader header, parse_header(record));
  const std::string aad = binding_of(place, header);
  SR_TRY(SecretBytes padded,
         crypto::suite1_open(key, as_bytes(aad), record.substr(kRecordHeaderBytes)));
  const auto bytes = RecordReveal::view(padded);
  if (bytes.size() < kLengthBytes) return corrupt();
  const std::size_t room = bytes.size() - kLengthBytes;
  const std::size_t size = load_u32(as_chars(bytes).data() + room);
  if (size > room) return corrupt();
  return OpenedBody{std::move(padded), size};
}

}  // namespace strongroom::barrier
