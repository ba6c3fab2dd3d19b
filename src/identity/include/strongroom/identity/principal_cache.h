#pragma once
// One I/O thread's credentials by access key id, so that a signature costs no look-up in storage
// and no key set-up. Bounded (limits::kPrincipalCacheEntries over all threads). Everything is
// dropped as soon as the thread's CachedReader has seen a change of an identity record; what is
// then missing is built again from that reader's cached records. One thread.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "strongroom/barrier/reader.h"
#include "strongroom/identity/credential.h"

namespace strongroom::identity {

class PrincipalCache {
 public:
  /// `reader` tells of changes and must outlive this; `share` = 1/threads of the limit.
  PrincipalCache(barrier::CachedReader& reader, double share);

  /// The credential, or null.
  CredentialRef find(std::string_view key_id);
  /// Remembers a credential built from `reader` since the last find(); ignored if an identity
  /// record changed meanwhile.
  void insert(CredentialRef credential);
  /// Forgets everything (seal).
  void clear();

  std::size_t size() const { return used_; }
  std::size_t capacity() const { return slots_.size(); }

 private:
  static constexpr std::size_t kWays = 4;  // slots that one id may take

  void drop_if_stale();
  std::size_t first_way(std::string_view key_id) const;

  barrier::CachedReader& reader_;
  std::uint64_t generation_ = 0;
  std::vector<CredentialRef> slots_;
  std::size_t used_ = 0;
  std::size_t victim_ = 0;
};

}  // namespace strongroom::identity
