#pragma once
// What the encoders of all identity records share. Only records*.cc include this.

#include <string.h>

#include <flatbuffers/flatbuffers.h>

#include <string>
#include <string_view>
#include <vector>

#include "identity_generated.h"
#include "records.h"

namespace strongroom::identity {

// Bodies may hold secrets: every buffer the builder ever used is wiped.
class WipingAllocator final : public flatbuffers::Allocator {
 public:
  std::uint8_t* allocate(std::size_t size) override;
  void deallocate(std::uint8_t* bytes, std::size_t size) override;
};

struct Builder {
  static constexpr std::size_t kBytes = 1024;
  WipingAllocator allocator;
  flatbuffers::FlatBufferBuilder fbb{kBytes, &allocator};

  template <class T>
  void finish(flatbuffers::Offset<T> root, const BodySink& sink) {
    fbb.Finish(root);
    sink({fbb.GetBufferPointer(), fbb.GetSize()});
  }
  auto text(std::string_view value) { return fbb.CreateString(value.data(), value.size()); }
  auto texts(const std::vector<std::string>& values) { return fbb.CreateVectorOfStrings(values); }
};

// The root table, its form verified at the first look.
template <class T>
Result<const T*> view(const barrier::OpenedRecord& record) {
  const auto has_form = [](ByteView body) {
    flatbuffers::Verifier verifier(body.data(), body.size());
    return verifier.VerifyBuffer<T>(nullptr);
  };
  SR_TRY(const ByteView body, record.checked_body(has_form, "schema/identity.fbs"));
  return flatbuffers::GetRoot<T>(body.data());
}

std::string text_of(const flatbuffers::String* value);
std::vector<std::string> texts_of(
    const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* values);

}  // namespace strongroom::identity
