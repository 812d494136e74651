// Calls of gRPC methods by bare bytes, so that a test can send what no generated
// stub would. They block; each call has a deadline of its own. Thread-safe.
#ifndef TESTS_CONFORMANCE_RAW_CALLS_H_
#define TESTS_CONFORMANCE_RAW_CALLS_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace costs::conformance {

// The methods of CostsService, as in "/energy.costs.v1.CostsService/" + method.
std::string CostsMethod(absl::string_view method);

struct RawResult {
  grpc::Status status;
  std::vector<std::string> responses;  // of a unary call at most one
};

// Metadata by which a call shows who sends it; one field for each text.
using Authorizations = std::vector<std::string>;

RawResult CallUnary(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                    const std::string& request, const Authorizations& authorizations = {});

// Sends all requests while it reads the responses.
RawResult CallStream(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                     const std::vector<std::string>& requests, const Authorizations& authorizations = {});

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_RAW_CALLS_H_
