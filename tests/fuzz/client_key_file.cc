// PKCS#12 files of client keys. Input: the password, a line feed, the DER file.

#include "fuzz.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/crypto/asymmetric.h"
#include "strongroom/crypto/client_key.h"
#include "strongroom/test/reveal.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom;
  std::string_view file = fuzz::text_of(data, size);
  const std::string_view password = fuzz::take_until(file, '\n');
  const auto opened = crypto::open_client_key(as_bytes(file), test::secret(password));
  if (!opened) {
    SR_CHECK(opened.error().kind() == ErrorKind::kInvalidInput);
    return 0;
  }
  SR_CHECK(opened->certificate_pem.starts_with("-----BEGIN CERTIFICATE-----"));
  SR_CHECK(!opened->pkcs8.empty());
  return 0;
}
