#include "form.h"

#include "strongroom/base/bytes.h"

namespace strongroom::wire_sls {

std::string form_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '+') {
      out += ' ';
    } else if (text[at] == '%' && at + 2 < text.size()) {
      const auto byte = hex_decode(text.substr(at + 1, 2));
      out += byte ? *byte : "%";
      if (byte) at += 2;
    } else {
      out += text[at];
    }
  }
  return out;
}

}  // namespace strongroom::wire_sls
