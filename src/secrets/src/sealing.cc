// Values in and out of their rows: a data key used once, sealed under the key version; the value
// sealed under the data key.

#include <algorithm>
#include <array>

#include "errors.h"
#include "strongroom/barrier/aad.h"
#include "strongroom/crypto/suite1.h"
#include "strongroom/secrets/secrets.h"
#include "version_row.h"

namespace strongroom::secrets {
namespace {

std::unexpected<Error> corrupt(const char* message) {
  return fail(ErrorKind::kCorrupt, "CorruptRecord", message);
}

std::string data_key_aad_of(const barrier::SealedStore& store, const SecretView& secret,
                            const VersionView& version) {
  return barrier::data_key_aad({.cluster = store.cluster(),
                                .account = secret.account(),
                                .resource = secret.uuid(),
                                .secret_name = secret.name(),
                                .version_id = version.id(),
                                .key_id = version.key_id(),
                                .key_version_id = version.key_version()});
}

}  // namespace

Result<Secrets::Sealed> Secrets::seal(const Secret& secret, const Version& version,
                                      const keys::WrappingKey& key,
                                      const SecretBytes& value) const {
  std::array<std::uint8_t, 32> random_bytes;
  random_.fill(random_bytes);
  SR_TRY(const SecretBytes data_key, SecretBytes::take(random_bytes));
  const std::string data_key_aad = barrier::data_key_aad({.cluster = store_.cluster(),
                                                          .account = secret.account,
                                                          .resource = secret.uuid,
                                                          .secret_name = secret.name,
                                                          .version_id = version.id,
                                                          .key_id = version.key_id,
                                                          .key_version_id = version.key_version});
  const std::string value_aad = barrier::value_aad({.cluster = store_.cluster(),
                                                    .account = secret.account,
                                                    .resource = secret.uuid,
                                                    .secret_name = secret.name,
                                                    .version_id = version.id});
  SR_TRY(const std::string wrapped,
         crypto::suite1_seal(key.material, as_bytes(data_key_aad), data_key, random_));
  SR_TRY(const std::string sealed,
         crypto::suite1_seal(data_key, as_bytes(value_aad), value, random_));
  Sealed result{encode_row({wrapped, sealed}), {}};
  std::ranges::copy(as_bytes(crypto::suite1_commitment(sealed)), result.commitment.begin());
  return result;
}

Result<SecretBytes> Secrets::open(barrier::Reader& reader, const SecretView& secret,
                                  const VersionView& version, const keys::UseStatus& key) const {
  SR_CHECK_OK(keys::permit(keys::KeyAction::kUse, key.state));
  auto value = open_row(reader, secret, version);
  if (!value && value.error().kind() == ErrorKind::kNotFound &&
      value.error().code() != "Forbidden.KeyNotFound") {
    return corrupt("A secret version's row is missing.");
  }
  return value;
}

Result<SecretBytes> Secrets::open_row(barrier::Reader& reader, const SecretView& secret,
                                      const VersionView& version) const {
  const barrier::Address address{barrier::RecordType::kSecretVersion, secret.account(),
                                 secret.name(), version.serial()};
  SR_TRY(const barrier::RawRef raw, reader.read_raw(address));
  SR_TRY(const VersionRow row, parse_row(raw->bytes));
  if (crypto::suite1_commitment(row.value) != version.commitment()) {
    return corrupt("A secret version's row is not the one its secret commits to.");
  }
  thread_local std::string aad;  // ids and names only; kept for its capacity
  aad.clear();
  barrier::append_value_aad(aad, {.cluster = store_.cluster(),
                                  .account = secret.account(),
                                  .resource = secret.uuid(),
                                  .secret_name = secret.name(),
                                  .version_id = version.id()});
  if (const auto derived = reader.derived(address)) {
    return crypto::suite1_open_derived(*derived, as_bytes(aad), row.value);
  }
  SR_TRY(const SecretBytes material,
         keys_.material(reader, secret.account(), version.key_id(), version.key_version()));
  const std::string data_key_aad = data_key_aad_of(store_, secret, version);
  SR_TRY(const SecretBytes data_key,
         crypto::suite1_open(material, as_bytes(data_key_aad), row.data_key));
  SR_TRY(crypto::DerivedKey made, crypto::suite1_derive(data_key, as_bytes(aad), row.value));
  const auto derived = std::make_shared<const crypto::DerivedKey>(std::move(made));
  reader.remember(address, derived);
  return crypto::suite1_open_derived(*derived, as_bytes(aad), row.value);
}

}  // namespace strongroom::secrets
