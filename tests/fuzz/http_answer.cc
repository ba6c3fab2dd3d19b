// HTTP answers that the server reads as a client. Input: the bytes; once whole, once cut short.

#include <algorithm>

#include "fuzz.h"
#include "strongroom/base/check.h"
#include "strongroom/dial/http_answer.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom;
  constexpr std::size_t kBodyMax = 4'096;
  std::string_view text = fuzz::text_of(data, size);
  const std::size_t cut = fuzz::take_byte(text);
  const auto whole = dial::parse_answer(text, true, kBodyMax);
  SR_CHECK(!whole || whole->has_value());  // nothing more comes: an answer, or none
  const auto early =
      dial::parse_answer(text.substr(0, text.size() - std::min(cut, text.size())), false, kBodyMax);
  if (whole) {
    SR_CHECK((*whole)->status >= 200 && (*whole)->body.size() <= kBodyMax);
  }
  // What is told before the end stays so, whatever comes behind it.
  if (early && *early) {
    SR_CHECK(whole && (*whole)->status == (*early)->status && (*whole)->body == (*early)->body);
  }
  return 0;
}
