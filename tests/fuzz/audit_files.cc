// The text and binary forms of the audit log: what a parser accepts, it must be able to write
// again. Input: which parser, bytes.

#include <string>

#include "fuzz.h"
#include "strongroom/audit_format/checkpoint.h"
#include "strongroom/audit_format/layout.h"
#include "strongroom/audit_format/note.h"
#include "strongroom/base/check.h"

namespace {

using namespace strongroom::audit_format;

void check_volume(std::string_view bytes) {
  std::string written;
  std::string_view rest = bytes;
  while (const auto entry = take_volume_frame(rest)) append_volume_frame(written, *entry);
  SR_CHECK(bytes.starts_with(written));
  SR_CHECK(written.size() + rest.size() == bytes.size());
}

void check_spool(std::string_view bytes) {
  std::string frames(bytes);
  std::string_view rest = frames;
  while (take_spool_frame(rest, 0)) continue;
  const std::size_t taken = frames.size() - rest.size();
  // Under another mark they are the same frames, and none without it.
  mark_spool_frames(std::span(frames).first(taken), 7);
  rest = frames;
  while (take_spool_frame(rest, 7)) continue;
  SR_CHECK(rest.size() <= frames.size() - taken);
  rest = std::string_view(frames).substr(0, taken);
  SR_CHECK(!take_spool_frame(rest, 0));
}

// The line with the entry may be left out, so that two texts can say the same.
void check_proof(std::string_view bytes) {
  const auto proof = parse_proof(bytes);
  if (!proof) return;
  const auto again = parse_proof(encode_proof(*proof));
  SR_CHECK(again.has_value());
  SR_CHECK(again->index == proof->index && again->entry == proof->entry);
  SR_CHECK(again->hashes == proof->hashes && again->checkpoint == proof->checkpoint);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = strongroom::fuzz::text_of(data, size);
  switch (strongroom::fuzz::take_byte(bytes) % 6) {
    case 0:
      check_volume(bytes);
      break;
    case 1:
      check_spool(bytes);
      break;
    case 2:
      if (const auto resume = parse_resume(bytes)) SR_CHECK(encode_resume(*resume) == bytes);
      break;
    case 3:
      if (const auto checkpoint = parse_checkpoint(bytes))
        SR_CHECK(bytes.starts_with(encode_checkpoint(*checkpoint)));
      break;
    case 4:
      check_proof(bytes);
      break;
    default:
      if (const auto key = VerifierKey::parse(bytes)) {
        SR_CHECK(key->text() == bytes);
        SR_CHECK(!open_note(bytes, *key).has_value());
      }
      break;
  }
  return 0;
}
