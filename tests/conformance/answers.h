// The answer to one record, in a form that is the same for every way in: what
// only the way determines (the path to the record in an error, the time of the
// answer) is left out.
#ifndef TESTS_CONFORMANCE_ANSWERS_H_
#define TESTS_CONFORMANCE_ANSWERS_H_

#include <grpcpp/support/status.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "energy/costs/v1/meter_record.pb.h"
#include "google/rpc/status.pb.h"

namespace costs::conformance {

struct Refusal {
  int code = 0;  // of gRPC
  std::string reason;
  std::string message;
  std::vector<std::pair<std::string, std::string>> violations;  // the record's field (or the call's), description
};

struct Answer {
  std::optional<energy::costs::v1::MeterRecord> record;  // without time_created
  Refusal refusal;                                       // where there is no record
};

// `path` is what leads to the record in this way in, such as "records[3].".
Answer AnswerOf(const energy::costs::v1::MeterRecord& record);
Answer AnswerOf(const google::rpc::Status& status, absl::string_view path);
Answer AnswerOf(const grpc::Status& status, absl::string_view path);

// The same in text, for EXPECT_EQ.
std::string TextOf(const Answer& answer);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_ANSWERS_H_
