// The gRPC ways in to the service: records asked for one by one, in batches and over a
// stream, and what must be the same.
#ifndef TESTS_CONFORMANCE_WAYS_IN_H_
#define TESTS_CONFORMANCE_WAYS_IN_H_

#include <cstddef>
#include <vector>

#include "energy/costs/v1/costs_service.pb.h"
#include "service/engine/testing/random_tariffs.h"
#include "tests/conformance/answers.h"
#include "tests/conformance/faces.h"
#include "tests/conformance/random_submissions.h"

namespace costs::conformance {

using Submissions = std::vector<energy::costs::v1::MeterRecordSubmission>;
using Answers = std::vector<Answer>;
using View = energy::costs::v1::MeterRecordView::Value;

Answers AskUnary(Faces& faces, const Submissions& records, const CallOptions& options);

// The records in the order of `order`, in batches of random sizes; the answers
// in the order of the records.
Answers AskBatch(Faces& faces, engine::testing::Random& random, const Submissions& records,
                 const std::vector<size_t>& order, const CallOptions& options, View view);

// In chunks of random sizes, all sent while the answers are read.
Answers AskStream(Faces& faces, engine::testing::Random& random, const Submissions& records, const CallOptions& options,
                  View view);

std::vector<size_t> InOrder(size_t count);
std::vector<size_t> Shuffled(engine::testing::Random& random, size_t count);

// Asks in every way but the unary one, and expects the answers that it gave.
void ExpectSameEachWay(Faces& faces, engine::testing::Random& random, const Submissions& records,
                       const CallOptions& options, const Answers& unary);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_WAYS_IN_H_
