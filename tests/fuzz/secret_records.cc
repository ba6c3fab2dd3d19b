// Stored secrets: a version's row, and a head's body as it is viewed and decoded. What is accepted
// can be written again. Input: which form, bytes.

#include <memory>
#include <string>

#include "../../src/secrets/src/version_row.h"
#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/secrets/view.h"

namespace {

using namespace strongroom;

void check_row(std::string_view bytes) {
  if (const auto row = secrets::parse_row(bytes)) SR_CHECK(secrets::encode_row(*row) == bytes);
}

std::shared_ptr<const barrier::OpenedRecord> record_of(std::string_view body) {
  auto bytes = SecretBytes::copy_of(as_bytes(body));
  SR_CHECK(bytes.has_value());
  return std::make_shared<const barrier::OpenedRecord>(std::move(*bytes), body.size(), Uuid(), 1,
                                                       store::Revision{1});
}

void check_head(std::string_view body) {
  const auto view = secrets::SecretView::of(record_of(body));
  if (!view) return;
  const secrets::Secret secret = view->decode();
  for (const secrets::Version& version : secret.versions) {
    if (!version.id.empty()) SR_CHECK(view->select(version.id, "").has_value());
  }
  const auto again = secrets::SecretView::of(record_of(secrets::encode(secret)));
  SR_CHECK(again.has_value());
  SR_CHECK(again->decode().versions == secret.versions);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes = strongroom::fuzz::text_of(data, size);
  if (strongroom::fuzz::take_byte(bytes) % 2 == 0) {
    check_row(bytes);
  } else {
    check_head(bytes);
  }
  return 0;
}
