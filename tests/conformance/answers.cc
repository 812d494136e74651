#include "tests/conformance/answers.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/rpc/error_details.pb.h"

namespace costs::conformance {

Answer AnswerOf(const energy::costs::v1::MeterRecord& record) {
  Answer answer;
  answer.record = record;
  answer.record->clear_time_created();
  return answer;
}

Answer AnswerOf(const google::rpc::Status& status, absl::string_view path) {
  Answer answer;
  Refusal& refusal = answer.refusal;
  refusal.code = status.code();
  refusal.message = status.message();
  for (const google::protobuf::Any& detail : status.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad;
    if (detail.UnpackTo(&info)) refusal.reason = absl::StrCat(info.domain(), "/", info.reason());
    if (!detail.UnpackTo(&bad)) continue;
    for (const auto& violation : bad.field_violations()) {
      absl::string_view field = violation.field();
      // A fault of the call has no path before it.
      if (!absl::ConsumePrefix(&field, path) && field != "include_breakdown") {
        refusal.violations.emplace_back(absl::StrCat("not after ", path, ": ", field), "");
      } else {
        refusal.violations.emplace_back(std::string(field), violation.description());
      }
    }
  }
  return answer;
}

Answer AnswerOf(const grpc::Status& status, absl::string_view path) {
  google::rpc::Status details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  Answer answer = AnswerOf(details, path);
  // What every client sees, also where it knows nothing of the details.
  answer.refusal.code = static_cast<int>(status.error_code());
  answer.refusal.message = status.error_message();
  return answer;
}

std::string TextOf(const Answer& answer) {
  if (answer.record) return answer.record->DebugString();
  std::string text = absl::StrCat(answer.refusal.code, " ", answer.refusal.reason, " ", answer.refusal.message);
  for (const auto& [field, description] : answer.refusal.violations) {
    absl::StrAppend(&text, "\n  ", field, ": ", description);
  }
  return text;
}

}  // namespace costs::conformance
