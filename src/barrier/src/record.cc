#include "strongroom/barrier/record.h"

#include <utility>

#include "reveal.h"
#include "strongroom/base/check.h"

namespace strongroom::barrier {

OpenedRecord::OpenedRecord(SecretBytes padded, std::size_t size, Uuid resource, std::uint64_t rev,
                           store::Revision modified)
    : padded_(std::move(padded)), size_(size), resource_(resource), rev_(rev), modified_(modified) {
  SR_CHECK(size_ <= padded_.size());
}

ByteView OpenedRecord::body() const {
  return RecordReveal::view(padded_).first(size_);
}

std::unexpected<Error> OpenedRecord::malformed(std::string_view form) {
  return fail(ErrorKind::kCorrupt, "CorruptRecord",
              "A record does not have the form of " + std::string(form) + ".");
}

}  // namespace strongroom::barrier
