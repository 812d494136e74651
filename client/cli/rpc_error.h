// What a server said when it did not answer: google.rpc.Status with its details,
// unpacked for people and for the exit code.
//
// A plain value.
#ifndef CLIENT_CLI_RPC_ERROR_H_
#define CLIENT_CLI_RPC_ERROR_H_

#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "client/cli/exit_code.h"
#include "google/rpc/status.pb.h"
#include "grpcpp/support/status.h"

namespace costs::cli {

struct RpcError {
  int code = 0;  // grpc::StatusCode
  std::string message;
  std::string reason;  // ErrorInfo's, such as NO_PRICE_DATA; may be empty
  // BadRequest's: field and description.
  std::vector<std::pair<std::string, std::string>> violations;
  std::optional<absl::Duration> retry_after;
};

// The name of a gRPC status code, such as NOT_FOUND; "code 99" if unknown.
std::string CodeName(int code);

// Of an item of a batch or stream. Unknown details are passed over.
RpcError ErrorFrom(const google::rpc::Status& status);
// Of the client library (client/errors.h).
RpcError ErrorFrom(const absl::Status& status);
// Of a call; the details are in its trailing metadata.
RpcError ErrorFrom(const grpc::Status& status);

// Several lines: the code and message, then each violation (field:
// description), the reason, and when to try again.
void PrintError(const RpcError& error, std::ostream* out);

// One line, for the error column.
std::string OneLine(const RpcError& error);

// kServerUnreachable where no server answered (in time), kServerRefused where
// one refused.
ExitCode ExitCodeFor(const RpcError& error);

// Tells on `err` why a call failed, and returns its exit code. `server`: where
// the call went.
ExitCode ReportFailure(const grpc::Status& status, const std::string& server, std::ostream* err);
ExitCode ReportFailure(const absl::Status& status, const std::string& server, std::ostream* err);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RPC_ERROR_H_
