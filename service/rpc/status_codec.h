// From a calculator's Failure, or a catalog's refusal, to what gRPC callers see: a
// status with ErrorInfo, and BadRequest with every violation, or RetryInfo. Pure
// and thread-safe.
#ifndef SERVICE_RPC_STATUS_CODEC_H_
#define SERVICE_RPC_STATUS_CODEC_H_

#include <grpcpp/support/status.h>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/rpc/status.pb.h"
#include "service/calculator/calculator.h"

namespace costs::rpc {

// The domain of every ErrorInfo.
inline constexpr char kErrorDomain[] = "costs.energy";

// `path` leads to the record within the request, such as "record." or
// "records[3]."; it goes before each violated field.
void EncodeFailure(const calculator::Failure& failure, absl::string_view path, google::rpc::Status* status);

// The same as the status of a whole call, details in its trailers. What does not
// fit into trailers is cut: text, and the last violations.
grpc::Status ToGrpcStatus(const calculator::Failure& failure, absl::string_view path);

// A refusal (service/catalog/refusal.h) as the status of a whole call. A status
// that is none, OK apart, becomes INTERNAL without its text: the caller of this
// logs that.
grpc::Status ToGrpcStatus(const absl::Status& status);

// INVALID_ARGUMENT for one field of the call itself.
grpc::Status InvalidField(absl::string_view field, absl::string_view description);

}  // namespace costs::rpc

#endif  // SERVICE_RPC_STATUS_CODEC_H_
