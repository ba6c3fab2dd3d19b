#pragma once
// The rows of a chain of backups as one ascending sequence: the newest names every row that exists,
// older ones supply those that did not change. One thread.

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "strongroom/recovery/backup_reader.h"
#include "strongroom/store/store.h"

namespace strongroom::recovery {

/// One backup of the chain, and the item it stands at.
struct ChainLink {
  std::unique_ptr<BackupReader> reader;
  std::optional<Item> item;

  /// Goes on to the next item; nothing at the end.
  Result<void> advance();
  bool at_row() const { return item && item->kind != ItemKind::kFile; }
};

class MergedRows {
 public:
  /// `chain`: the full backup first; every link stands at its first item. It must outlive this.
  explicit MergedRows(std::span<ChainLink> chain) : chain_(chain) {}

  /// The next row, or nothing; every link stands behind its rows then. kCorrupt if a base lacks a
  /// row that its increment relies on, or keys do not ascend.
  Result<std::optional<store::Row>> next();

 private:
  Result<store::Row> resolve(const std::string& key);
  Result<void> drain();

  std::span<ChainLink> chain_;
  std::string last_;
};

}  // namespace strongroom::recovery
