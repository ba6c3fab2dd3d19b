#include "tpm_slot.h"

#include "secret_input.h"
#include "slot_program.h"
#include "strongroom/base/field_cursor.h"
#include "unseal.h"

namespace strongroom::server {
namespace {

constexpr std::uint8_t kForm = 1;

/// What a slot keeps.
struct Kept {
  bool with_pin = false;
  std::string wrapped;
};

std::string encode(const Kept& kept) {
  std::string out(1, static_cast<char>(kForm));
  out.push_back(kept.with_pin ? 1 : 0);
  append_text16(out, kept.wrapped);
  return out;
}

Result<Kept> decode(std::string_view parameters) {
  FieldCursor in(parameters);
  const bool known = in.u8() == kForm;
  const std::uint8_t with_pin = in.u8();
  Kept kept{.with_pin = with_pin == 1, .wrapped = in.text()};
  if (known && with_pin <= 1 && in.finished()) return kept;
  return fail(ErrorKind::kCorrupt, "Seal.TpmSlot",
              "the TPM slot has a form that this release does not know");
}

Result<SlotProgram> program_for(const TpmPlace& place, bool with_pin) {
  SlotProgram program{
      .name = "strongroom-tpm", .error_area = "Tpm", .place = {place.tcti}, .pin = {}};
  if (!with_pin) return program;
  if (place.pin_file.empty()) {
    return fail(ErrorKind::kInvalidInput, "Seal.NoPin",
                "the TPM slot was made with a PIN: set seal.tpm_pin_file");
  }
  SR_TRY(program.pin, read_first_line(place.pin_file));
  return program;
}

}  // namespace

Result<barrier::SlotSecret> new_tpm_secret(const TpmPlace& place, Random& random) {
  Kept kept{.with_pin = !place.pin_file.empty(), .wrapped = {}};
  SR_TRY(const SlotProgram program, program_for(place, kept.with_pin));
  SR_TRY(WrappedKey made, wrap_new_key(program, random));
  kept.wrapped = std::move(made.wrapped);
  return barrier::KeySecret{
      .kind = barrier::SlotKind::kTpm, .key = std::move(made.key), .parameters = encode(kept)};
}

barrier::SlotSecret tpm_secret(const TpmPlace& place) {
  return barrier::AskedSecret{.kind = barrier::SlotKind::kTpm,
                              .ask = [place](std::string_view parameters) -> Result<SecretBytes> {
                                SR_TRY(const Kept kept, decode(parameters));
                                SR_TRY(const SlotProgram program,
                                       program_for(place, kept.with_pin));
                                return unwrap_key(program, kept.wrapped);
                              }};
}

std::string describe_tpm(std::string_view parameters) {
  const auto kept = decode(parameters);
  if (!kept) return {};
  return kept->with_pin ? "with a PIN" : "without a PIN";
}

}  // namespace strongroom::server
