#include "merged_rows.h"

namespace strongroom::recovery {
namespace {

std::unexpected<Error> broken(std::string_view what) {
  return fail(ErrorKind::kCorrupt, "Backup.Damaged",
              "the backups of the chain do not fit together (" + std::string(what) +
                  "). Nothing was changed. Use another full backup");
}

store::Row row_of(const Item& item) {
  return {.key = std::string(item.key),
          .record = std::string(item.bytes),
          .modified = store::Revision{item.number}};
}

}  // namespace

Result<void> ChainLink::advance() {
  SR_TRY(item, reader->next());
  return {};
}

Result<store::Row> MergedRows::resolve(const std::string& key) {
  for (std::size_t level = chain_.size() - 1; level-- > 0;) {
    ChainLink& link = chain_[level];
    while (link.at_row() && link.item->key < key) SR_CHECK_OK(link.advance());
    if (!link.at_row() || link.item->key != key) return broken("a row of the base is missing");
    if (link.item->kind == ItemKind::kRow) return row_of(*link.item);
  }
  return broken("the full backup is none");
}

Result<void> MergedRows::drain() {
  for (ChainLink& link : chain_) {
    while (link.at_row()) SR_CHECK_OK(link.advance());
  }
  return {};
}

Result<std::optional<store::Row>> MergedRows::next() {
  ChainLink& newest = chain_.back();
  if (!newest.at_row()) {
    SR_CHECK_OK(drain());
    return std::nullopt;
  }
  if (newest.item->key <= last_) return broken("rows are out of order");
  last_ = newest.item->key;
  store::Row row;
  if (newest.item->kind == ItemKind::kRow) {
    row = row_of(*newest.item);
  } else {
    SR_TRY(row, resolve(last_));
  }
  SR_CHECK_OK(newest.advance());
  return row;
}

}  // namespace strongroom::recovery
