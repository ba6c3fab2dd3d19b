// Text of any bytes into JSON and XML answers. Input: the text.

#include <simdjson.h>

#include <string>

#include "fuzz.h"
#include "strongroom/base/bytes.h"
#include "strongroom/base/check.h"
#include "strongroom/base/json_writer.h"
#include "strongroom/wire_openapi/xml_writer.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace strongroom;
  const std::string_view text = fuzz::text_of(data, size);
  std::string json;
  append_json_string(json, text);
  simdjson::dom::parser parser;
  std::string_view back;
  SR_CHECK(parser.parse(json).get(back) == simdjson::SUCCESS);
  SR_CHECK(!is_utf8(text) || back == text);

  std::string xml;
  wire_openapi::append_xml_text(xml, text);
  SR_CHECK(is_utf8(xml));
  SR_CHECK(xml.find_first_of("<>\"'") == std::string::npos);
  for (const char c : xml) {
    SR_CHECK(static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t');
  }
  return 0;
}
