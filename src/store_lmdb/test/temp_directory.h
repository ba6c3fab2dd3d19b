#pragma once
// A directory for one test, removed with everything in it.

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace strongroom::store_lmdb {

class TempDirectory {
 public:
  TempDirectory() {
    std::string pattern = testing::TempDir() + "strongroom-store-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~TempDirectory() { std::filesystem::remove_all(path_); }
  TempDirectory(const TempDirectory&) = delete;
  std::string sub(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace strongroom::store_lmdb
