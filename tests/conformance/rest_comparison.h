// Whether the REST face's answer to a record says what gRPC's does.
#ifndef TESTS_CONFORMANCE_REST_COMPARISON_H_
#define TESTS_CONFORMANCE_REST_COMPARISON_H_

#include <string>

#include "service/rest/testing/raw_client.h"
#include "tests/conformance/answers.h"
#include "tests/conformance/random_submissions.h"

namespace costs::conformance {

// Every difference between `response`, the answer to `request`, and gRPC's
// answer to the same record, a line each; empty: they agree. The numbers must be
// the same decimals, or where one of them has more digits than a double keeps,
// the same doubles; the times the same instants, at the caller's own offset.
std::string Differences(const RestRequest& request, const rest::RawResponse& response, const Answer& grpc_answer);

// The HTTP request of `request`.
std::string HttpText(const RestRequest& request);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_REST_COMPARISON_H_
