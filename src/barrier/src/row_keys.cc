#include "row_keys.h"

namespace strongroom::barrier {

std::string RowKeys::of(const Address& address) {
  const std::uint64_t account = address.account.number();
  const std::uint8_t kind = kind_of(address.type);
  for (const Blinded& known : recent_) {
    if (known.kind == kind && known.account == account && known.name == address.name)
      return resource_key(known.prefix, address.type, address.version);
  }
  Blinded& made = recent_[oldest_];
  oldest_ = (oldest_ + 1) % recent_.size();
  made = {account, kind, std::string(address.name),
          blind(k_index_, address.account, kind, address.name)};
  return resource_key(made.prefix, address.type, address.version);
}

}  // namespace strongroom::barrier
