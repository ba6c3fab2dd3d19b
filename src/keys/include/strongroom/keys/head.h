#pragma once
// What a decision needs of a key's stored head, without decoding it: tags and policy. Holds its
// record alive; the views it returns live as long. Cheap to move.

#include <cstdint>
#include <string_view>
#include <utility>

#include "strongroom/barrier/reader.h"
#include "strongroom/base/ids.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"

namespace strongroom::keys {

namespace fb {
struct Key;
}  // namespace fb

class KeyHead {
 public:
  /// 404 Forbidden.KeyNotFound if there is none; kCorrupt if the body has not the form of
  /// schema/key.fbs. Reader errors pass through.
  static Result<KeyHead> read(barrier::Reader& reader, AccountId account, std::string_view id);

  Uuid uuid() const { return record_->resource(); }
  std::uint64_t rev() const { return record_->rev(); }
  std::size_t tag_count() const;
  NameValue tag(std::size_t index) const;
  std::string_view policy() const;  // empty: the default one
  std::string_view instance_id() const;

 private:
  KeyHead(barrier::RecordRef record, const fb::Key* stored)
      : record_(std::move(record)), stored_(stored) {}

  barrier::RecordRef record_;
  const fb::Key* stored_;
};

}  // namespace strongroom::keys
