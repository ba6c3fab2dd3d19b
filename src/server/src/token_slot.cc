#include "token_slot.h"

#include "secret_input.h"
#include "slot_program.h"
#include "strongroom/base/field_cursor.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr std::uint8_t kForm = 1;
constexpr std::size_t kLabelBytesMax = 64;

/// What a slot keeps.
struct Kept {
  std::string token;
  std::string key;
  std::string wrapped;
};

std::string encode(const Kept& kept) {
  std::string out(1, static_cast<char>(kForm));
  append_text16(out, kept.token);
  append_text16(out, kept.key);
  append_text16(out, kept.wrapped);
  return out;
}

Result<Kept> decode(std::string_view parameters) {
  FieldCursor in(as_bytes(parameters));
  const bool known = in.u8() == kForm;
  Kept kept;
  kept.token = in.text();
  kept.key = in.text();
  kept.wrapped = in.text();
  if (known && in.finished()) return kept;
  return fail(ErrorKind::kCorrupt, "Seal.TokenSlot",
              "the token slot has a form that this release does not know");
}

Result<SlotProgram> program_for(const std::string& module, const Kept& kept,
                                const std::string& pin_file) {
  SR_TRY(SecretBytes pin, read_first_line(pin_file));
  return SlotProgram{.name = "strongroom-hsm",
                     .error_area = "Hsm",
                     .place = {module, kept.token, kept.key},
                     .pin = std::move(pin)};
}

Result<void> check_place(const TokenPlace& place) {
  if (!place.token.empty() && !place.key.empty() && !place.pin_file.empty() &&
      place.token.size() <= kLabelBytesMax && place.key.size() <= kLabelBytesMax)
    return {};
  return fail(ErrorKind::kInvalidInput, "Seal.TokenPlace",
              "a token slot needs --token-module, --token, --token-key and --token-pin-file, the "
              "labels with at most 64 characters");
}

}  // namespace

Result<barrier::SlotSecret> new_token_secret(const TokenPlace& place, Random& random) {
  SR_CHECK_OK(check_place(place));
  Kept kept{.token = place.token, .key = place.key, .wrapped = {}};
  SR_TRY(const SlotProgram program, program_for(place.module, kept, place.pin_file));
  SR_TRY(WrappedKey made, wrap_new_key(program, random));
  kept.wrapped = std::move(made.wrapped);
  return barrier::KeySecret{
      .kind = barrier::SlotKind::kToken, .key = std::move(made.key), .parameters = encode(kept)};
}

Result<barrier::SlotSecret> token_secret(const Config& config) {
  if (config.seal_token_pin_file.empty()) {
    return fail(ErrorKind::kInvalidInput, "Seal.NoPin",
                "seal.token_module is set without seal.token_pin_file");
  }
  return barrier::AskedSecret{
      .kind = barrier::SlotKind::kToken,
      .ask = [module = config.seal_token_module, pin_file = config.seal_token_pin_file](
                 std::string_view parameters) -> Result<SecretBytes> {
        SR_TRY(const Kept kept, decode(parameters));
        SR_TRY(const SlotProgram program, program_for(module, kept, pin_file));
        return unwrap_key(program, kept.wrapped);
      }};
}

std::string describe_token(std::string_view parameters) {
  const auto kept = decode(parameters);
  return kept ? "token " + kept->token + ", key " + kept->key : std::string();
}

}  // namespace strongroom::server
