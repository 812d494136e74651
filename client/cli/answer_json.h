// An answer in gRPC's JSON mapping, indented.
#ifndef CLIENT_CLI_ANSWER_JSON_H_
#define CLIENT_CLI_ANSWER_JSON_H_

#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/message.h"

namespace costs::cli {

// INTERNAL where the message has no JSON form.
absl::StatusOr<std::string> AnswerJson(const google::protobuf::Message& answer);

}  // namespace costs::cli

#endif  // CLIENT_CLI_ANSWER_JSON_H_
