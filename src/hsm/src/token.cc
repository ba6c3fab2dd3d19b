#include "strongroom/hsm/token.h"

#include <dlfcn.h>
#define CRYPTOKI_GNU 1
#include <p11-kit/pkcs11.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <vector>

namespace strongroom::hsm {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr unsigned long kTagBits = 128;
constexpr unsigned long kKeyBytes = 32;
constexpr unsigned long kFoundMax = 2;
constexpr std::string_view kAad = "strongroom/seal/1";

std::string code_of(ck_rv_t code) {
  char text[24];
  std::snprintf(text, sizeof text, "0x%lx", code);
  return text;
}

std::unexpected<Error> failed(const char* doing, ck_rv_t code) {
  return fail(ErrorKind::kUnavailable, "Hsm.Failed",
              std::string("the token could not ") + doing + " (PKCS#11 " + code_of(code) + ")");
}

std::unexpected<Error> no_login(ck_rv_t code) {
  if (code == CKR_PIN_LOCKED) {
    return fail(ErrorKind::kDenied, "Hsm.PinLocked",
                "the token has locked its PIN after too many wrong ones: unlock it with its "
                "security officer's PIN");
  }
  if (code == CKR_PIN_INCORRECT || code == CKR_PIN_LEN_RANGE || code == CKR_PIN_INVALID) {
    return fail(ErrorKind::kDenied, "Hsm.WrongPin",
                "the token refuses the PIN. It was tried once; tokens lock themselves after a few "
                "wrong ones, so look before you try again");
  }
  return failed("log in", code);
}

template <typename T>
ck_attribute attribute(ck_attribute_type_t type, T& value) {
  return {.type = type, .value = &value, .value_len = sizeof value};
}

ck_attribute text_attribute(ck_attribute_type_t type, std::string& value) {
  return {.type = type, .value = value.data(), .value_len = value.size()};
}

class TokenImpl final : public Token {
 public:
  explicit TokenImpl(KeyPlace place) : place_(std::move(place)) {}
  ~TokenImpl() override {
    if (logged_in_) functions_->C_Logout(session_);
    if (session_ != 0) functions_->C_CloseSession(session_);
    if (functions_ != nullptr) functions_->C_Finalize(nullptr);
  }
  TokenImpl(const TokenImpl&) = delete;
  TokenImpl& operator=(const TokenImpl&) = delete;

  Result<void> load();
  Result<void> log_in(std::string_view pin);

  Result<void> ensure_key() override;
  Result<std::string> wrap(std::span<const std::uint8_t, kSecretBytes> secret,
                           std::span<const std::uint8_t, 12> nonce) override;
  Result<void> unwrap(std::string_view wrapped,
                      std::span<std::uint8_t, kSecretBytes> secret) override;

 private:
  Result<ck_slot_id_t> find_slot() const;
  Result<std::vector<ck_object_handle_t>> find_keys();
  Result<ck_object_handle_t> key();

  const KeyPlace place_;
  ck_function_list* functions_ = nullptr;  // the module stays loaded until the process ends
  ck_session_handle_t session_ = 0;
  bool logged_in_ = false;
};

Result<void> TokenImpl::load() {
  void* module = dlopen(place_.module.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (module == nullptr) {
    return fail(ErrorKind::kUnavailable, "Hsm.NoModule",
                "the PKCS#11 module cannot be loaded: " + std::string(dlerror()));
  }
  using GetFunctionList = ck_rv_t (*)(ck_function_list**);
  const auto get = reinterpret_cast<GetFunctionList>(dlsym(module, "C_GetFunctionList"));
  if (get == nullptr || get(&functions_) != CKR_OK || functions_ == nullptr) {
    return fail(ErrorKind::kUnavailable, "Hsm.NoModule", place_.module + " is no PKCS#11 module");
  }
  const ck_rv_t code = functions_->C_Initialize(nullptr);
  if (code == CKR_OK) return {};
  functions_ = nullptr;
  return failed("be initialised", code);
}

// Labels are padded with blanks to 32 characters.
Result<ck_slot_id_t> TokenImpl::find_slot() const {
  unsigned long count = 0;
  if (const ck_rv_t code = functions_->C_GetSlotList(1, nullptr, &count); code != CKR_OK)
    return failed("be listed", code);
  std::vector<ck_slot_id_t> slots(count);
  if (const ck_rv_t code = functions_->C_GetSlotList(1, slots.data(), &count); code != CKR_OK)
    return failed("be listed", code);
  slots.resize(count);
  for (const ck_slot_id_t slot : slots) {
    ck_token_info info{};
    if (functions_->C_GetTokenInfo(slot, &info) != CKR_OK) continue;
    std::string_view label(reinterpret_cast<const char*>(info.label), sizeof info.label);
    label = label.substr(0, label.find_last_not_of(' ') + 1);
    if (label == place_.token) return slot;
  }
  return fail(
      ErrorKind::kNotFound, "Hsm.NoToken",
      "no slot of the module holds a token with the label " + place_.token + ": is it plugged in?");
}

Result<void> TokenImpl::log_in(std::string_view pin) {
  SR_TRY(const ck_slot_id_t slot, find_slot());
  ck_rv_t code = functions_->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, nullptr,
                                           nullptr, &session_);
  if (code != CKR_OK) return failed("open a session", code);
  auto* bytes = reinterpret_cast<unsigned char*>(const_cast<char*>(pin.data()));
  code = functions_->C_Login(session_, CKU_USER, bytes, pin.size());
  if (code != CKR_OK && code != CKR_USER_ALREADY_LOGGED_IN) return no_login(code);
  logged_in_ = true;
  return {};
}

Result<std::vector<ck_object_handle_t>> TokenImpl::find_keys() {
  ck_object_class_t kind = CKO_SECRET_KEY;
  std::string label = place_.label;
  std::array wanted{attribute(CKA_CLASS, kind), text_attribute(CKA_LABEL, label)};
  ck_rv_t code = functions_->C_FindObjectsInit(session_, wanted.data(), wanted.size());
  if (code != CKR_OK) return failed("search its keys", code);
  std::vector<ck_object_handle_t> found(kFoundMax);
  unsigned long count = 0;
  code = functions_->C_FindObjects(session_, found.data(), kFoundMax, &count);
  functions_->C_FindObjectsFinal(session_);
  if (code != CKR_OK) return failed("search its keys", code);
  found.resize(count);
  return found;
}

Result<ck_object_handle_t> TokenImpl::key() {
  SR_TRY(const auto found, find_keys());
  if (found.size() > 1) {
    return fail(ErrorKind::kConflict, "Hsm.TwoKeys",
                "the token has more than one secret key with the label " + place_.label);
  }
  if (found.empty()) {
    return fail(ErrorKind::kNotFound, "Hsm.NoKey",
                "the token has no secret key with the label " + place_.label);
  }
  return found.front();
}

Result<void> TokenImpl::ensure_key() {
  SR_TRY(const auto found, find_keys());
  if (!found.empty()) return {};
  unsigned char yes = 1;
  unsigned char no = 0;
  unsigned long size = kKeyBytes;
  std::string label = place_.label;
  std::array made{attribute(CKA_TOKEN, yes),      attribute(CKA_PRIVATE, yes),
                  attribute(CKA_SENSITIVE, yes),  attribute(CKA_EXTRACTABLE, no),
                  attribute(CKA_ENCRYPT, yes),    attribute(CKA_DECRYPT, yes),
                  attribute(CKA_VALUE_LEN, size), text_attribute(CKA_LABEL, label)};
  ck_mechanism mechanism{.mechanism = CKM_AES_KEY_GEN, .parameter = nullptr, .parameter_len = 0};
  ck_object_handle_t handle = 0;
  const ck_rv_t code =
      functions_->C_GenerateKey(session_, &mechanism, made.data(), made.size(), &handle);
  if (code != CKR_OK) return failed("make a key", code);
  return {};
}

/// AES-GCM of one slot's key; the nonce lies in front.
class Gcm {
 public:
  explicit Gcm(std::span<const std::uint8_t> nonce) {
    std::copy(nonce.begin(), nonce.end(), nonce_.begin());
    aad_.assign(kAad);
    parameters_ = {.iv_ptr = nonce_.data(),
                   .iv_len = nonce_.size(),
                   .iv_bits = nonce_.size() * 8,
                   .aad_ptr = reinterpret_cast<unsigned char*>(aad_.data()),
                   .aad_len = aad_.size(),
                   .tag_bits = kTagBits};
    mechanism_ = {
        .mechanism = CKM_AES_GCM, .parameter = &parameters_, .parameter_len = sizeof parameters_};
  }
  Gcm(const Gcm&) = delete;
  Gcm& operator=(const Gcm&) = delete;
  ck_mechanism* mechanism() { return &mechanism_; }

 private:
  std::array<std::uint8_t, kNonceBytes> nonce_{};
  std::string aad_;
  ck_gcm_params parameters_{};
  ck_mechanism mechanism_{};
};

Result<std::string> TokenImpl::wrap(std::span<const std::uint8_t, kSecretBytes> secret,
                                    std::span<const std::uint8_t, 12> nonce) {
  SR_TRY(const ck_object_handle_t handle, key());
  Gcm gcm(nonce);
  ck_rv_t code = functions_->C_EncryptInit(session_, gcm.mechanism(), handle);
  if (code != CKR_OK) return failed("begin to encrypt", code);
  std::array<std::uint8_t, kWrappedBytes - kNonceBytes> sealed{};
  unsigned long size = sealed.size();
  code = functions_->C_Encrypt(session_, const_cast<unsigned char*>(secret.data()), secret.size(),
                               sealed.data(), &size);
  if (code != CKR_OK || size != sealed.size()) return failed("encrypt", code);
  std::string wrapped(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  wrapped.append(reinterpret_cast<const char*>(sealed.data()), sealed.size());
  return wrapped;
}

Result<void> TokenImpl::unwrap(std::string_view wrapped,
                               std::span<std::uint8_t, kSecretBytes> secret) {
  if (wrapped.size() != kWrappedBytes)
    return fail(ErrorKind::kDenied, "Hsm.NotWrapped", "those bytes were not made by a token");
  SR_TRY(const ck_object_handle_t handle, key());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(wrapped.data());
  Gcm gcm({bytes, kNonceBytes});
  ck_rv_t code = functions_->C_DecryptInit(session_, gcm.mechanism(), handle);
  if (code != CKR_OK) return failed("begin to decrypt", code);
  std::array<std::uint8_t, kWrappedBytes> opened{};  // some modules want room for the tag, too
  unsigned long size = opened.size();
  code = functions_->C_Decrypt(session_, const_cast<unsigned char*>(bytes) + kNonceBytes,
                               wrapped.size() - kNonceBytes, opened.data(), &size);
  const bool good = code == CKR_OK && size == secret.size();
  if (good) std::memcpy(secret.data(), opened.data(), secret.size());
  explicit_bzero(opened.data(), opened.size());
  if (good) return {};
  return fail(ErrorKind::kDenied, "Hsm.OtherKey",
              "the token's key " + place_.label + " did not wrap this slot's key (PKCS#11 " +
                  code_of(code) + "): it is another key, or the seal is damaged");
}

}  // namespace

Result<std::unique_ptr<Token>> Token::open(const KeyPlace& place, std::string_view pin) {
  auto token = std::make_unique<TokenImpl>(place);
  SR_CHECK_OK(token->load());
  SR_CHECK_OK(token->log_in(pin));
  return token;
}

}  // namespace strongroom::hsm
