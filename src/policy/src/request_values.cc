#include "request_values.h"

namespace strongroom::policy {

std::optional<RequestValues::Value> RequestValues::value(std::uint32_t key,
                                                         std::string_view folded_name,
                                                         std::size_t index) {
  if (context_ == nullptr) return std::nullopt;
  if (key >= kKeysKept || index > 0) {
    const auto text = context_->value(folded_name, index);
    if (!text) return std::nullopt;
    return Value(*text, nullptr, key);
  }
  std::uint8_t& known = known_[key];
  Slot& slot = slots_[key];
  if ((known & kFetched) == 0) {
    const auto text = context_->value(folded_name, 0);
    known |= kFetched;
    if (text) {
      known |= kThere;
      slot.text = text->data();
      slot.size = text->size();
    }
  }
  if ((known & kThere) == 0) return std::nullopt;
  return Value({slot.text, slot.size}, this, key);
}

std::optional<double> RequestValues::Value::number() const {
  if (values_ == nullptr) return parse_number(text_);
  std::uint8_t& known = values_->known_[key_];
  Slot& slot = values_->slots_[key_];
  if ((known & kNumberRead) == 0) {
    known |= kNumberRead;
    if (const auto read = parse_number(text_)) {
      known |= kIsNumber;
      slot.number = *read;
    }
  }
  if ((known & kIsNumber) == 0) return std::nullopt;
  return slot.number;
}

std::optional<Instant> RequestValues::Value::time() const {
  if (values_ == nullptr) return parse_time(text_);
  std::uint8_t& known = values_->known_[key_];
  Slot& slot = values_->slots_[key_];
  if ((known & kTimeRead) == 0) {
    known |= kTimeRead;
    if (const auto read = parse_time(text_)) {
      known |= kIsTime;
      slot.unix_ms = read->unix_ms;
    }
  }
  if ((known & kIsTime) == 0) return std::nullopt;
  return Instant{slot.unix_ms};
}

std::optional<Address> RequestValues::Value::address() const {
  if (values_ == nullptr) return parse_address(text_);
  std::uint8_t& known = values_->known_[key_];
  Slot& slot = values_->slots_[key_];
  if ((known & kAddressRead) == 0) {
    known |= kAddressRead;
    if (const auto read = parse_address(text_)) {
      known |= kIsAddress;
      slot.address = *read;
    }
  }
  if ((known & kIsAddress) == 0) return std::nullopt;
  return slot.address;
}

}  // namespace strongroom::policy
