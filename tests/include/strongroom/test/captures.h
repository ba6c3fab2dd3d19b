#pragma once
// The recorded requests of tests/vectors/openapi-signatures, rebuilt as a server receives them.

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include <simdjson.h>

#include "strongroom/base/bytes.h"
#include "strongroom/wire_openapi/call.h"

namespace strongroom::wire_openapi {

struct Record {
  std::string capture;
  std::string label;
  std::string method;
  std::string target;
  std::string body;
  std::vector<std::pair<std::string, std::string>> raw_headers;
  std::vector<NameValue> headers;  // views into raw_headers
  std::string authorization;
  std::string rsa_public_key;  // PEM, of captures with a key pair

  RequestParts parts() const {
    const std::string_view whole = target;
    const std::size_t mark = whole.find('?');
    const std::string_view path = whole.substr(0, mark);
    const std::string_view query = mark == std::string_view::npos ? "" : whole.substr(mark + 1);
    return {method, path, query, headers, body};
  }
};

struct Vector {
  std::string capture, label, string_to_sign, canonical_request, signature, secret;
};

inline std::filesystem::path captures_dir() {
  return std::filesystem::path(STRONGROOM_VECTORS_DIR) / "openapi-signatures";
}

inline std::vector<Record> load_records() {
  std::vector<Record> records;
  for (const auto& entry : std::filesystem::directory_iterator(captures_dir())) {
    if (entry.path().extension() != ".json") continue;
    simdjson::dom::parser parser;
    const simdjson::dom::element file = parser.load(entry.path().string());
    for (const simdjson::dom::element request : file["requests"].get_array()) {
      Record record;
      record.capture = entry.path().stem().string();
      record.label = std::string(request["label"].get_string().value());
      record.method = std::string(request["method"].get_string().value());
      record.target = std::string(request["path"].get_string().value());
      record.body = base64_decode(request["bodyBase64"].get_string().value()).value();
      for (const simdjson::dom::element pair : request["rawHeaders"].get_array()) {
        record.raw_headers.emplace_back(std::string(pair.at(0).get_string().value()),
                                        std::string(pair.at(1).get_string().value()));
      }
      for (const auto& [name, value] : record.raw_headers) {
        if (name == "Authorization" || name == "authorization") record.authorization = value;
      }
      std::string_view pem;
      if (file["rsaPublicKeyPem"].get_string().get(pem) == simdjson::SUCCESS)
        record.rsa_public_key = std::string(pem);
      records.push_back(std::move(record));
    }
  }
  // Only now: moving a record may move short strings.
  for (Record& record : records) {
    for (const auto& [name, value] : record.raw_headers) record.headers.push_back({name, value});
  }
  return records;
}

inline std::vector<Vector> load_vectors() {
  std::vector<Vector> vectors;
  std::ifstream file(captures_dir() / "vectors.jsonl");
  for (std::string line; std::getline(file, line);) {
    simdjson::dom::parser parser;
    const simdjson::dom::element entry = parser.parse(line);
    const auto text = [&](const char* name) {
      std::string_view value;
      return entry[name].get_string().get(value) == simdjson::SUCCESS ? std::string(value)
                                                                      : std::string();
    };
    vectors.push_back({text("capture"), text("label"), text("stringToSign"),
                       text("canonicalRequest"), text("signature"), text("secret")});
  }
  return vectors;
}

}  // namespace strongroom::wire_openapi
