#include "strongroom/tpm/tpm.h"

#include <tss2/tss2_esys.h>
#include <tss2/tss2_mu.h>
#include <tss2/tss2_tctildr.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <utility>

#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"

namespace strongroom::tpm {
namespace {

using slot_program::kSecretBytes;

constexpr std::size_t kNameBytes = 16;
constexpr std::size_t kNameHead = 2;       // the algorithm before the digest
constexpr std::size_t kPointBytes = 32;    // P-256
constexpr TPM2_RC kFormatOneBits = 0x0bf;  // without the number of the parameter or session

/// Of the stack's allocation; wiped.
template <typename T>
struct Release {
  void operator()(T* held) const {
    explicit_bzero(held, sizeof *held);
    Esys_Free(held);
  }
};
template <typename T>
using Held = std::unique_ptr<T, Release<T>>;

/// What the TPM itself said, without where; codes of the stack stay as they are.
TSS2_RC reason(TSS2_RC code) {
  const TSS2_RC layer = code & TSS2_RC_LAYER_MASK;
  if (layer != TSS2_TPM_RC_LAYER && layer != TSS2_RESMGR_TPM_RC_LAYER) return code;
  code &= ~TSS2_RC_LAYER_MASK;
  return (code & TPM2_RC_FMT1) != 0 ? code & kFormatOneBits : code;
}

std::string text_of(TSS2_RC code) {
  char text[16];
  std::snprintf(text, sizeof text, "0x%x", code);
  return text;
}

std::unexpected<Error> failed(const char* doing, TSS2_RC code) {
  switch (reason(code)) {
    case TPM2_RC_LOCKOUT:
      return fail(
          ErrorKind::kDenied, "Tpm.LockedOut",
          "the TPM refuses every PIN for a while, after too many wrong ones: wait, or reset "
          "it with `tpm2_dictionarylockout --clear-lockout`, or open another slot");
    case TPM2_RC_AUTH_FAIL:
    case TPM2_RC_BAD_AUTH:
      return fail(
          ErrorKind::kDenied, "Tpm.WrongPin",
          "the TPM refuses the PIN. It was tried once; a TPM locks itself after a few wrong "
          "ones, so look before you try again");
    default:
      return fail(ErrorKind::kUnavailable, "Tpm.Failed",
                  std::string("the TPM could not ") + doing + " (TPM code " + text_of(code) + ")");
  }
}

std::unexpected<Error> other_tpm() {
  return fail(ErrorKind::kDenied, "Tpm.OtherTpm",
              "this TPM did not seal this slot's key: it is another TPM, or it was cleared, or the "
              "seal is damaged. Open another slot, then replace this one");
}

/// The storage key: ECC P-256, restricted, AES-128 in CFB mode (Provisioning Guidance, 7.5.1).
TPM2B_PUBLIC storage_template() {
  TPM2B_PUBLIC made{};
  TPMT_PUBLIC& area = made.publicArea;
  area.type = TPM2_ALG_ECC;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT |
                          TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH |
                          TPMA_OBJECT_NODA | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_DECRYPT;
  TPMS_ECC_PARMS& ecc = area.parameters.eccDetail;
  ecc.symmetric.algorithm = TPM2_ALG_AES;
  ecc.symmetric.keyBits.aes = 128;
  ecc.symmetric.mode.aes = TPM2_ALG_CFB;
  ecc.scheme.scheme = TPM2_ALG_NULL;
  ecc.curveID = TPM2_ECC_NIST_P256;
  ecc.kdf.scheme = TPM2_ALG_NULL;
  area.unique.ecc.x.size = kPointBytes;
  area.unique.ecc.y.size = kPointBytes;
  return made;
}

/// A data object. Without a PIN there is nothing to guess, so nothing that could lock.
TPM2B_PUBLIC sealed_template(bool with_pin) {
  TPM2B_PUBLIC made{};
  TPMT_PUBLIC& area = made.publicArea;
  area.type = TPM2_ALG_KEYEDHASH;
  area.nameAlg = TPM2_ALG_SHA256;
  area.objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_USERWITHAUTH;
  if (!with_pin) area.objectAttributes |= TPMA_OBJECT_NODA;
  area.parameters.keyedHashDetail.scheme.scheme = TPM2_ALG_NULL;
  return made;
}

/// An object or session in the TPM, flushed.
class Handle {
 public:
  Handle(ESYS_CONTEXT* esys, ESYS_TR number) : esys_(esys), number_(number) {}
  ~Handle() {
    if (number_ != ESYS_TR_NONE) Esys_FlushContext(esys_, number_);
  }
  Handle(Handle&& other) noexcept
      : esys_(other.esys_), number_(std::exchange(other.number_, ESYS_TR_NONE)) {}
  Handle& operator=(Handle&&) = delete;
  ESYS_TR get() const { return number_; }

 private:
  ESYS_CONTEXT* esys_;
  ESYS_TR number_;
};

class Tpm final : public slot_program::Device {
 public:
  explicit Tpm(std::string_view pin) : pin_(pin) {}
  ~Tpm() override {
    if (esys_ != nullptr) Esys_Finalize(&esys_);
    if (tcti_ != nullptr) Tss2_TctiLdr_Finalize(&tcti_);
  }
  Tpm(const Tpm&) = delete;
  Tpm& operator=(const Tpm&) = delete;

  Result<void> connect(const std::string& tcti);

  Result<std::string> wrap(slot_program::SecretView secret) override;
  Result<void> unwrap(std::string_view wrapped, slot_program::SecretRoom secret) override;

 private:
  Result<Handle> storage_key();
  Result<std::string> name_of(const Handle& key);
  Result<Handle> session(const Handle& key);
  Result<Handle> load(const Handle& key, const Handle& session, std::string_view blobs);

  const std::string_view pin_;
  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
  ESYS_CONTEXT* esys_ = nullptr;
};

Result<void> Tpm::connect(const std::string& tcti) {
  TSS2_RC code = Tss2_TctiLdr_Initialize(tcti.c_str(), &tcti_);
  if (code == TSS2_RC_SUCCESS) code = Esys_Initialize(&esys_, tcti_, nullptr);
  if (code == TSS2_RC_SUCCESS) return {};
  return fail(ErrorKind::kUnavailable, "Tpm.NoTpm",
              "there is no TPM at " + tcti + " (TSS code " + text_of(code) +
                  "): is it enabled in the firmware, and may this user open it (group tss)?");
}

Result<Handle> Tpm::storage_key() {
  const TPM2B_PUBLIC form = storage_template();
  const TPM2B_SENSITIVE_CREATE sensitive{};
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION pcrs{};
  ESYS_TR number = ESYS_TR_NONE;
  const TSS2_RC code = Esys_CreatePrimary(esys_, ESYS_TR_RH_OWNER, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                          ESYS_TR_NONE, &sensitive, &form, &outside, &pcrs, &number,
                                          nullptr, nullptr, nullptr, nullptr);
  if (reason(code) == TPM2_RC_BAD_AUTH) {
    return fail(ErrorKind::kDenied, "Tpm.OwnerPassword",
                "the TPM's owner hierarchy has a password, and slots need it without: remove it "
                "with `tpm2_changeauth -c owner`");
  }
  if (code != TSS2_RC_SUCCESS) return failed("make its storage key", code);
  return Handle(esys_, number);
}

Result<std::string> Tpm::name_of(const Handle& key) {
  TPM2B_NAME* given = nullptr;
  if (const TSS2_RC code = Esys_TR_GetName(esys_, key.get(), &given); code != TSS2_RC_SUCCESS)
    return failed("name its storage key", code);
  const Held<TPM2B_NAME> name(given);
  if (name->size < kNameHead + kNameBytes) return failed("name its storage key", TPM2_RC_SIZE);
  return std::string(as_chars({name->name + kNameHead, kNameBytes}));
}

Result<Handle> Tpm::session(const Handle& key) {
  TPMT_SYM_DEF cipher{};
  cipher.algorithm = TPM2_ALG_AES;
  cipher.keyBits.aes = 128;
  cipher.mode.aes = TPM2_ALG_CFB;
  ESYS_TR number = ESYS_TR_NONE;
  TSS2_RC code =
      Esys_StartAuthSession(esys_, key.get(), ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                            ESYS_TR_NONE, nullptr, TPM2_SE_HMAC, &cipher, TPM2_ALG_SHA256, &number);
  if (code != TSS2_RC_SUCCESS) return failed("begin a session", code);
  Handle made(esys_, number);
  code = Esys_TRSess_SetAttributes(
      esys_, number, TPMA_SESSION_CONTINUESESSION | TPMA_SESSION_DECRYPT | TPMA_SESSION_ENCRYPT,
      0xff);
  if (code != TSS2_RC_SUCCESS) return failed("encrypt a session", code);
  return made;
}

Result<std::string> Tpm::wrap(slot_program::SecretView secret) {
  SR_TRY(const Handle key, storage_key());
  SR_TRY(std::string out, name_of(key));
  SR_TRY(const Handle session, this->session(key));
  TPM2B_SENSITIVE_CREATE sensitive{};  // wiped below
  SR_CHECK(pin_.size() <= kPinBytesMax);
  TPMS_SENSITIVE_CREATE& told = sensitive.sensitive;
  told.userAuth.size = static_cast<UINT16>(pin_.size());
  pin_.copy(reinterpret_cast<char*>(told.userAuth.buffer), pin_.size());
  told.data.size = kSecretBytes;
  std::memcpy(told.data.buffer, secret.data(), secret.size());
  const TPM2B_PUBLIC form = sealed_template(!pin_.empty());
  const TPM2B_DATA outside{};
  const TPML_PCR_SELECTION pcrs{};
  TPM2B_PRIVATE* given_private = nullptr;
  TPM2B_PUBLIC* given_public = nullptr;
  TSS2_RC code =
      Esys_Create(esys_, key.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &sensitive, &form,
                  &outside, &pcrs, &given_private, &given_public, nullptr, nullptr, nullptr);
  explicit_bzero(&sensitive, sizeof sensitive);
  if (code != TSS2_RC_SUCCESS) return failed("seal", code);
  const Held<TPM2B_PRIVATE> made_private(given_private);
  const Held<TPM2B_PUBLIC> made_public(given_public);
  std::array<std::uint8_t, sizeof(TPM2B_PUBLIC) + sizeof(TPM2B_PRIVATE)> blobs;
  std::size_t size = 0;
  code = Tss2_MU_TPM2B_PUBLIC_Marshal(made_public.get(), blobs.data(), blobs.size(), &size);
  if (code == TSS2_RC_SUCCESS)
    code = Tss2_MU_TPM2B_PRIVATE_Marshal(made_private.get(), blobs.data(), blobs.size(), &size);
  if (code != TSS2_RC_SUCCESS) return failed("describe what it sealed", code);
  out.append(as_chars({blobs.data(), size}));
  return out;
}

Result<Handle> Tpm::load(const Handle& key, const Handle& session, std::string_view blobs) {
  const ByteView bytes = as_bytes(blobs);
  TPM2B_PUBLIC made_public{};
  TPM2B_PRIVATE made_private{};
  std::size_t size = 0;
  TSS2_RC code = Tss2_MU_TPM2B_PUBLIC_Unmarshal(bytes.data(), bytes.size(), &size, &made_public);
  if (code == TSS2_RC_SUCCESS)
    code = Tss2_MU_TPM2B_PRIVATE_Unmarshal(bytes.data(), bytes.size(), &size, &made_private);
  if (code != TSS2_RC_SUCCESS || size != bytes.size()) return other_tpm();
  ESYS_TR number = ESYS_TR_NONE;
  code = Esys_Load(esys_, key.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &made_private,
                   &made_public, &number);
  if (reason(code) == TPM2_RC_INTEGRITY || reason(code) == TPM2_RC_BINDING) return other_tpm();
  if (code != TSS2_RC_SUCCESS) return failed("load the sealed key", code);
  return Handle(esys_, number);
}

Result<void> Tpm::unwrap(std::string_view wrapped, slot_program::SecretRoom secret) {
  SR_TRY(const Handle key, storage_key());
  SR_TRY(const std::string name, name_of(key));
  if (!wrapped.starts_with(name)) return other_tpm();
  SR_TRY(const Handle session, this->session(key));
  SR_TRY(const Handle object, load(key, session, wrapped.substr(name.size())));
  TPM2B_AUTH auth{};
  SR_CHECK(pin_.size() <= kPinBytesMax);
  auth.size = static_cast<UINT16>(pin_.size());
  pin_.copy(reinterpret_cast<char*>(auth.buffer), pin_.size());
  TSS2_RC code = Esys_TR_SetAuth(esys_, object.get(), &auth);
  explicit_bzero(&auth, sizeof auth);
  // Unseal has no parameter that could be encrypted, and a TPM refuses a session that says so.
  if (code == TSS2_RC_SUCCESS)
    code = Esys_TRSess_SetAttributes(esys_, session.get(), 0, TPMA_SESSION_DECRYPT);
  TPM2B_SENSITIVE_DATA* given = nullptr;
  if (code == TSS2_RC_SUCCESS)
    code = Esys_Unseal(esys_, object.get(), session.get(), ESYS_TR_NONE, ESYS_TR_NONE, &given);
  if (code != TSS2_RC_SUCCESS) return failed("give the sealed key back", code);
  const Held<TPM2B_SENSITIVE_DATA> data(given);
  if (data->size != secret.size()) return other_tpm();
  std::memcpy(secret.data(), data->buffer, secret.size());
  return {};
}

}  // namespace

Result<std::unique_ptr<slot_program::Device>> open(const std::string& tcti, std::string_view pin) {
  if (pin.size() > kPinBytesMax) {
    return fail(ErrorKind::kInvalidInput, "Tpm.LongPin",
                "a TPM takes PINs of at most 32 bytes: shorten the first line of the PIN file");
  }
  auto tpm = std::make_unique<Tpm>(pin);
  SR_CHECK_OK(tpm->connect(tcti));
  return tpm;
}

}  // namespace strongroom::tpm
