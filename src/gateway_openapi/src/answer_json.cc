#include "answer_json.h"

#include "strongroom/base/json_writer.h"
#include "strongroom/gateway/answer_reveal.h"

namespace strongroom::gateway_openapi {
namespace {

class JsonAnswer final : public service::AnswerWriter {
 public:
  explicit JsonAnswer(std::string& out) : json_(out) { json_.begin_object(); }

  void field(std::string_view name, std::string_view value) override { json_.member(name, value); }
  void field(std::string_view name, const char* value) override { json_.member(name, value); }
  void number(std::string_view name, std::int64_t value) override { json_.member(name, value); }
  void boolean(std::string_view name, bool value) override { json_.member(name, value); }
  void secret(std::string_view name, const SecretBytes& value) override {
    json_.member(name, AnswerReveal::text(value));
  }

  void begin_object(std::string_view name) override { json_.begin_object(name); }
  void end_object() override { json_.end_object(); }

  void begin_list(std::string_view wrapper, std::string_view item) override {
    json_.begin_object(wrapper);
    json_.begin_array(item);
  }
  void end_list() override {
    json_.end_array();
    json_.end_object();
  }
  void begin_flat_list(std::string_view name) override { json_.begin_array(name); }
  void end_flat_list() override { json_.end_array(); }

  void item(std::string_view value) override { json_.element(value); }
  void begin_item() override { json_.begin_object(); }
  void end_item() override { json_.end_object(); }

 private:
  JsonWriter json_;
};

}  // namespace

std::unique_ptr<service::AnswerWriter> make_json_answer(std::string& out) {
  return std::make_unique<JsonAnswer>(out);
}

}  // namespace strongroom::gateway_openapi
