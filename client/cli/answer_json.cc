#include "client/cli/answer_json.h"

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/json_util.h"

namespace costs::cli {

absl::StatusOr<std::string> AnswerJson(const google::protobuf::Message& answer) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(answer, &json, options);
  if (!status.ok()) {
    return absl::InternalError(absl::StrCat("the answer has no JSON form: ", std::string(status.message())));
  }
  return json;
}

}  // namespace costs::cli
