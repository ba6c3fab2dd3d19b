#pragma once
// A data directory in dev mode with a sealed store, opened as the server does, step by step so that
// each may fail.

#include <memory>
#include <string>

#include "strongroom/barrier/data_directory.h"
#include "strongroom/barrier/sealed_store.h"
#include "strongroom/base/random.h"
#include "strongroom/base/time.h"
#include "strongroom/store_lmdb/lmdb_store.h"

namespace strongroom::faults {

class SealedDirectory {
 public:
  /// `path` need not exist.
  explicit SealedDirectory(std::string path) : path_(std::move(path)) {}

  Result<void> create();
  Result<void> open();
  void close();

  std::string data_file() const { return path_ + "/store/data.mdb"; }
  barrier::SealedStore& operator*() { return *sealed_; }
  barrier::SealedStore* operator->() { return sealed_.get(); }

 private:
  Result<void> start(barrier::UnsealedDirectory unsealed, bool initialize);

  std::string path_;
  SystemRandom random_;
  SystemClock clock_;
  std::unique_ptr<store::Store> engine_;
  std::unique_ptr<barrier::SealedStore> sealed_;
};

/// Puts one record, whatever was there.
Result<store::Revision> put_record(barrier::SealedStore& store, const std::string& name,
                                   std::string_view body);
/// Puts one new raw row, which no state sum counts: a commit in which only rows change.
Result<store::Revision> put_uncounted(barrier::SealedStore& store, std::uint32_t version);
/// The record's body; empty if absent. Fails the running test on any other error.
std::string read_record(barrier::SealedStore& store, const std::string& name);

}  // namespace strongroom::faults
