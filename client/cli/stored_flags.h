// What the commands about stored records have in common: the server's stubs, the period,
// how answers are shown.
#ifndef CLIENT_CLI_STORED_FLAGS_H_
#define CLIENT_CLI_STORED_FLAGS_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "client/cli/location_flags.h"
#include "energy/costs/v1/meter_record.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "grpcpp/channel.h"

namespace costs::cli {

enum class AnswerFormat { kTable, kCsv, kJson };

// --output, table unless it says otherwise.
absl::StatusOr<AnswerFormat> AnswerFormatFromFlag();

// --direction, IMPORT or EXPORT; UNSPECIFIED where it is not given.
absl::StatusOr<v1::Direction::Value> FlowDirectionFromFlag();

// Sets the instants of the period that are given. A date means its first instant at that
// location, whose zone the server is asked for; a `to` that is a date ends with it.
// INVALID_ARGUMENT: there is a date and no location.
absl::Status SetPeriod(const Period& period, const std::string& location_id, absl::Time deadline,
                       const std::shared_ptr<grpc::Channel>& channel, google::protobuf::Timestamp* start,
                       google::protobuf::Timestamp* end);

}  // namespace costs::cli

#endif  // CLIENT_CLI_STORED_FLAGS_H_
