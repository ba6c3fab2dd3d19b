#include "messages.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "strongroom/base/limits.h"

namespace strongroom::gateway_instance {
namespace {

using enum FieldType;

constexpr Field kEncrypt[] = {{1, "KeyId"}, {2, "Plaintext"}, {3, "Algorithm"},
                              {4, "Aad"},   {5, "Iv"},        {6, "PaddingMode"}};
constexpr Field kEncrypted[] = {{1, "KeyId"},     {2, "CiphertextBlob"}, {3, "Iv"},
                                {4, "RequestId"}, {5, "Algorithm"},      {6, "PaddingMode"}};
constexpr Field kAdvanceEncrypted[] = {
    {1, "KeyId"},     {2, "CiphertextBlob"}, {3, "Iv"},          {4, "RequestId"},
    {5, "Algorithm"}, {6, "PaddingMode"},    {7, "KeyVersionId"}};
constexpr Field kDecrypt[] = {
    {1, "CiphertextBlob"}, {2, "KeyId"}, {3, "Algorithm"}, {4, "Aad"}, {5, "Iv"},
    {6, "PaddingMode"}};
constexpr Field kDecrypted[] = {
    {1, "KeyId"}, {2, "Plaintext"}, {3, "RequestId"}, {4, "Algorithm"}, {5, "PaddingMode"}};
constexpr Field kAdvanceDecrypted[] = {{1, "KeyId"},     {2, "Plaintext"},   {3, "RequestId"},
                                       {4, "Algorithm"}, {5, "PaddingMode"}, {6, "KeyVersionId"}};
constexpr Field kSign[] = {
    {1, "KeyId"}, {2, "Digest"}, {3, "Algorithm"}, {4, "Message"}, {5, "MessageType"}};
constexpr Field kSigned[] = {
    {1, "KeyId"}, {2, "Signature"}, {3, "RequestId"}, {4, "Algorithm"}, {5, "MessageType"}};
constexpr Field kVerify[] = {{1, "KeyId"},     {2, "Digest"},  {3, "Signature"},
                             {4, "Algorithm"}, {5, "Message"}, {6, "MessageType"}};
constexpr Field kVerified[] = {
    {1, "KeyId"}, {2, "Value", kBoolean}, {3, "RequestId"}, {4, "Algorithm"}, {5, "MessageType"}};
constexpr Field kGenerateRandom[] = {{1, "Length", kInteger}};
constexpr Field kRandom[] = {{1, "Random"}, {2, "RequestId"}};
constexpr Field kGenerateDataKey[] = {
    {1, "KeyId"}, {2, "Algorithm"}, {3, "NumberOfBytes", kInteger}, {4, "Aad"}};
constexpr Field kAdvanceGenerateDataKey[] = {
    {1, "KeyId"}, {2, "NumberOfBytes", kInteger}, {3, "Aad"}};
constexpr Field kDataKey[] = {{1, "KeyId"},          {2, "Iv"},        {3, "Plaintext"},
                              {4, "CiphertextBlob"}, {5, "RequestId"}, {6, "Algorithm"}};
constexpr Field kAdvanceDataKey[] = {{1, "KeyId"},          {2, "Iv"},        {3, "Plaintext"},
                                     {4, "CiphertextBlob"}, {5, "RequestId"}, {6, "Algorithm"},
                                     {7, "KeyVersionId"}};
constexpr Field kGetPublicKey[] = {{1, "KeyId"}};
constexpr Field kPublicKey[] = {{1, "KeyId"}, {2, "PublicKey"}, {3, "RequestId"}};
constexpr Field kGetSecretValue[] = {
    {1, "SecretName"}, {2, "VersionStage"}, {3, "VersionId"}, {4, "FetchExtendedConfig", kBoolean}};
constexpr Field kSecretValue[] = {
    {1, "SecretName"},        {2, "SecretType"},      {3, "SecretData"},
    {4, "SecretDataType"},    {5, "VersionStages"},   {6, "VersionId"},
    {7, "CreateTime"},        {8, "RequestId"},       {9, "LastRotationDate"},
    {10, "NextRotationDate"}, {11, "ExtendedConfig"}, {12, "AutomaticRotation"},
    {13, "RotationInterval"}};
constexpr Field kGeneratePair[] = {
    {1, "KeyId"}, {2, "Algorithm"}, {3, "KeyPairSpec"}, {4, "KeyFormat"}, {5, "Aad"}};
constexpr Field kAdvanceGeneratePair[] = {
    {1, "KeyId"}, {2, "KeyPairSpec"}, {3, "KeyFormat"}, {4, "Aad"}};
constexpr Field kPair[] = {{1, "KeyId"},
                           {2, "Iv"},
                           {3, "KeyPairSpec"},
                           {4, "PrivateKeyPlaintext"},
                           {5, "PrivateKeyCiphertextBlob"},
                           {6, "PublicKey"},
                           {7, "RequestId"},
                           {8, "Algorithm"}};
constexpr Field kSealedPair[] = {
    {1, "KeyId"},     {2, "Iv"},        {3, "KeyPairSpec"}, {4, "PrivateKeyCiphertextBlob"},
    {5, "PublicKey"}, {6, "RequestId"}, {7, "Algorithm"}};
constexpr Field kAdvancePair[] = {{1, "KeyId"},
                                  {2, "Iv"},
                                  {3, "KeyPairSpec"},
                                  {4, "PrivateKeyPlaintext"},
                                  {5, "PrivateKeyCiphertextBlob"},
                                  {6, "PublicKey"},
                                  {7, "RequestId"},
                                  {8, "Algorithm"},
                                  {9, "KeyVersionId"}};
constexpr Field kAdvanceSealedPair[] = {
    {1, "KeyId"},     {2, "Iv"},        {3, "KeyPairSpec"}, {4, "PrivateKeyCiphertextBlob"},
    {5, "PublicKey"}, {6, "RequestId"}, {7, "Algorithm"},   {8, "KeyVersionId"}};
constexpr Field kError[] = {
    {1, "StatusCode", kInteger}, {2, "ErrorCode"}, {3, "ErrorMessage"}, {4, "RequestId"}};

constexpr Message kMessages[] = {
    {"Encrypt", kEncrypt, kEncrypted},
    {"Decrypt", kDecrypt, kDecrypted},
    {"Sign", kSign, kSigned},
    {"Verify", kVerify, kVerified},
    {"GenerateRandom", kGenerateRandom, kRandom},
    {"GenerateDataKey", kGenerateDataKey, kDataKey},
    {"GetPublicKey", kGetPublicKey, kPublicKey},
    {"GetSecretValue", kGetSecretValue, kSecretValue},
    {"AdvanceEncrypt", kEncrypt, kAdvanceEncrypted},
    {"AdvanceDecrypt", kDecrypt, kAdvanceDecrypted},
    {"AdvanceGenerateDataKey", kAdvanceGenerateDataKey, kAdvanceDataKey},
    {"GenerateDataKeyPair", kGeneratePair, kPair},
    {"GenerateDataKeyPairWithoutPlaintext", kGeneratePair, kSealedPair},
    {"AdvanceGenerateDataKeyPair", kAdvanceGeneratePair, kAdvancePair},
    {"AdvanceGenerateDataKeyPairWithoutPlaintext", kAdvanceGeneratePair, kAdvanceSealedPair},
};

constexpr std::string_view kNotOffered[] = {"Hmac", "Hash", "KmsEncrypt", "KmsDecrypt"};

std::unexpected<Error> malformed() {
  return fail(ErrorKind::kInvalidInput, "InvalidParameter",
              "The specified parameter is not valid. The body must be the protobuf message of the "
              "action named by x-kms-apiname.");
}

/// Takes a varint (at most ten bytes) off `in`.
std::optional<std::uint64_t> take_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (in.empty()) return std::nullopt;
    const auto byte = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= static_cast<std::uint64_t>(byte & 0x7FU) << shift;
    if ((byte & 0x80U) == 0) return value;
  }
  return std::nullopt;
}

struct Taken {
  std::uint32_t number;
  std::uint32_t wire;  // 0 varint, 1 eight bytes, 2 length-delimited, 5 four bytes
  std::uint64_t integer = 0;
  std::string_view bytes = {};
};

std::optional<Taken> take_field(std::string_view& in) {
  const auto tag = take_varint(in);
  if (!tag || *tag > UINT32_MAX || (*tag >> 3U) == 0) return std::nullopt;
  Taken field{static_cast<std::uint32_t>(*tag >> 3U), static_cast<std::uint32_t>(*tag & 7U)};
  std::size_t size = 0;
  if (field.wire == 0) {
    const auto value = take_varint(in);
    if (!value) return std::nullopt;
    field.integer = *value;
    return field;
  }
  if (field.wire == 2) {
    const auto length = take_varint(in);
    if (!length || *length > in.size()) return std::nullopt;
    size = *length;
  } else if (field.wire == 1 || field.wire == 5) {
    size = field.wire == 1 ? 8 : 4;
    if (in.size() < size) return std::nullopt;
  } else {
    return std::nullopt;
  }
  field.bytes = in.substr(0, size);
  in.remove_prefix(size);
  return field;
}

void append_varint(std::string& out, std::uint64_t value) {
  while (value >= 0x80U) {
    out.push_back(static_cast<char>(value | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

}  // namespace

std::span<const Field> error_fields() {
  return kError;
}

std::span<const Message> messages() {
  return kMessages;
}

const Message* find_message(std::string_view action) {
  const auto found = std::ranges::find(kMessages, action, &Message::action);
  return found != std::end(kMessages) ? found : nullptr;
}

bool is_known_but_not_offered(std::string_view action) {
  return std::ranges::find(kNotOffered, action) != std::end(kNotOffered);
}

Result<void> RequestFields::read(const Message& message, std::string_view body) {
  fields_.clear();
  std::size_t left = message.request.size() + limits::kSpareFieldsMax;
  while (!body.empty()) {
    const auto taken = take_field(body);
    if (!taken || left-- == 0) return malformed();
    const auto field = std::ranges::find(message.request, taken->number, &Field::number);
    if (field == message.request.end()) continue;
    if (taken->wire != (field->type == kBytes ? 2U : 0U)) return malformed();
    switch (field->type) {
      case kBytes:
        set(field->name, taken->bytes);
        break;
      case kBoolean:
        set(field->name, taken->integer != 0 ? "true" : "false");
        break;
      case kInteger: {
        const auto value = static_cast<std::int32_t>(taken->integer);
        const auto end = std::to_chars(digits_.data(), digits_.data() + digits_.size(), value).ptr;
        set(field->name, {digits_.data(), end});
        break;
      }
    }
  }
  return {};
}

void RequestFields::set(std::string_view name, std::string_view value) {
  const auto place = std::ranges::lower_bound(fields_, name, {}, &NameValue::name);
  if (place != fields_.end() && place->name == name) {
    place->value = value;
  } else {
    fields_.insert(place, {name, value});
  }
}

void RequestFields::add(std::string_view name, std::string_view value) {
  set(name, value);
}

void append_bytes(std::string& out, std::uint32_t number, std::string_view value) {
  append_varint(out, number << 3U | 2U);
  append_varint(out, value.size());
  out.append(value);
}

void append_varint_field(std::string& out, std::uint32_t number, std::uint64_t value) {
  append_varint(out, number << 3U);
  append_varint(out, value);
}

}  // namespace strongroom::gateway_instance
