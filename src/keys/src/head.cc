#include "strongroom/keys/head.h"

#include "errors.h"
#include "key_generated.h"
#include "record.h"

namespace strongroom::keys {
namespace {

std::string_view text(const flatbuffers::String* stored) {
  return stored == nullptr ? std::string_view() : std::string_view(stored->c_str(), stored->size());
}

}  // namespace

Result<KeyHead> KeyHead::read(barrier::Reader& reader, AccountId account, std::string_view id) {
  auto record = reader.read({barrier::RecordType::kKey, account, id});
  if (!record && record.error().kind() == ErrorKind::kNotFound) return key_not_found();
  if (!record) return std::unexpected(std::move(record).error());
  SR_TRY(const fb::Key* stored, view_key(*record));
  return KeyHead(std::move(*record), stored);
}

std::size_t KeyHead::tag_count() const {
  return stored_->tags()->size();
}

NameValue KeyHead::tag(std::size_t index) const {
  const fb::Tag* tag = stored_->tags()->Get(static_cast<flatbuffers::uoffset_t>(index));
  return {text(tag->key()), text(tag->value())};
}

std::string_view KeyHead::policy() const {
  return text(stored_->policy());
}

std::string_view KeyHead::instance_id() const {
  return text(stored_->instance_id());
}

}  // namespace strongroom::keys
