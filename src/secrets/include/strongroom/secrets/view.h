#pragma once
// A secret's stored head, looked at without copying: what the read path needs of it. Holds its
// record alive; the views it returns live as long. Cheap to move. Its form was verified when the
// record was first viewed.

#include <cstdint>
#include <optional>
#include <string_view>

#include "strongroom/barrier/record.h"
#include "strongroom/base/name_value.h"
#include "strongroom/base/result.h"
#include "strongroom/base/time.h"
#include "strongroom/secrets/model.h"

namespace strongroom::secrets {

namespace fb {
struct Secret;
struct Version;
}  // namespace fb

class VersionView {
 public:
  explicit VersionView(const fb::Version* stored) : stored_(stored) {}

  std::string_view id() const;
  std::uint32_t serial() const;
  Instant created() const;
  std::string_view key_id() const;
  std::string_view key_version() const;
  DataType data_type() const;
  std::string_view commitment() const;  // 32 bytes
  std::size_t label_count() const;
  std::string_view label(std::size_t index) const;
  bool has(std::string_view label) const;

 private:
  const fb::Version* stored_;
};

class SecretView {
 public:
  /// kCorrupt if the body has not the form of schema/secret.fbs.
  static Result<SecretView> of(barrier::RecordRef record);

  std::string_view name() const;
  Uuid uuid() const { return record_->resource(); }
  AccountId account() const;
  SecretType type() const;
  std::string_view description() const;
  Instant created() const;
  Instant updated() const;
  Instant planned_delete() const;  // zero: not waiting for deletion
  std::string_view encryption_key_id() const;
  std::string_view owing_service() const;  // empty: made by a user
  bool default_key() const;                // made without a key of the caller's
  std::string_view instance_id() const;
  std::string_view policy() const;           // empty: the default one
  std::string_view extended_config() const;  // canonical JSON; empty on Generic secrets without …
  bool rotates() const;                      // … a function: as Secret::rotates()
  Rotation rotation() const;
  std::size_t tag_count() const;
  NameValue tag(std::size_t index) const;
  std::size_t version_count() const;
  VersionView version(std::size_t index) const;  // oldest first
  const barrier::RecordRef& record() const { return record_; }

  /// The version that VersionId and VersionStage name; both empty means ACSCurrent. 404
  /// Forbidden.ResourceNotFound if there is none, 400 InvalidParameter if both are given and
  /// disagree (semantics.md §1.3). On managed types the id is ignored, and only ACSCurrent and
  /// ACSPrevious can be named.
  Result<VersionView> select(std::string_view id, std::string_view label) const;

  /// The version that holds the label, on every type; for what select() does not show.
  std::optional<VersionView> find_label(std::string_view label) const;

  /// The whole of it as a value.
  Secret decode() const;

 private:
  SecretView(barrier::RecordRef record, const fb::Secret* stored)
      : record_(std::move(record)), stored_(stored) {}
  barrier::RecordRef record_;
  const fb::Secret* stored_;
};

/// The body of a head, for the barrier.
std::string encode(const Secret& secret);

}  // namespace strongroom::secrets
