#pragma once
// An AnswerWriter that makes JSON, for tests of handlers.

#include <string>

#include "strongroom/base/json_writer.h"
#include "strongroom/service/answer_writer.h"
#include "strongroom/test/reveal.h"

namespace strongroom::service {

class JsonAnswer final : public AnswerWriter {
 public:
  JsonAnswer& restart() {
    out_.clear();
    json_ = std::make_unique<JsonWriter>(out_);
    json_->begin_object();
    return *this;
  }
  std::string text() const { return out_ + "}"; }

  void field(std::string_view name, std::string_view value) override { json_->member(name, value); }
  void field(std::string_view name, const char* value) override { json_->member(name, value); }
  void number(std::string_view name, std::int64_t value) override { json_->member(name, value); }
  void boolean(std::string_view name, bool value) override { json_->member(name, value); }
  void secret(std::string_view name, const SecretBytes& value) override {
    json_->member(name, test::reveal(value));
  }
  void begin_object(std::string_view name) override { json_->begin_object(name); }
  void end_object() override { json_->end_object(); }
  void begin_list(std::string_view wrapper, std::string_view item) override {
    json_->begin_object(wrapper);
    json_->begin_array(item);
  }
  void end_list() override {
    json_->end_array();
    json_->end_object();
  }
  void begin_flat_list(std::string_view name) override { json_->begin_array(name); }
  void end_flat_list() override { json_->end_array(); }
  void item(std::string_view value) override { json_->element(value); }
  void begin_item() override { json_->begin_object(); }
  void end_item() override { json_->end_object(); }

 private:
  std::string out_;
  std::unique_ptr<JsonWriter> json_;
};

}  // namespace strongroom::service
