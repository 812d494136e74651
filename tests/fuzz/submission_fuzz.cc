// A BatchCalculateInstantCostsRequest in bytes: decoded, priced and encoded. Each
// record gets the answer in the batch that it gets alone.
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "google/rpc/status.pb.h"
#include "service/rpc/record_codec.h"
#include "service/rpc/status_codec.h"
#include "tests/fuzz/check.h"
#include "tests/fuzz/priced_catalog.h"

namespace costs::fuzz {
namespace {

namespace v1 = energy::costs::v1;

// More would only make an input slow.
constexpr int kMostRecords = 32;

std::string Encoded(const calculator::Submission& submission, const calculator::Outcome& outcome,
                    const calculator::Batch& batch) {
  v1::InstantCostItem item;
  if (outcome.ok()) {
    rpc::EncodeFull(submission, outcome.record, batch, item.mutable_result());
    COSTS_FUZZ_CHECK(item.result().data().energy().value() >= 0);
  } else {
    rpc::EncodeFailure(*outcome.failure, "record.", item.mutable_status());
    COSTS_FUZZ_CHECK(item.status().code() != 0 && !item.status().message().empty());
  }
  return item.SerializeAsString();
}

void Run(absl::string_view input) {
  v1::BatchCalculateInstantCostsRequest request;
  if (!request.ParseFromArray(input.data(), static_cast<int>(input.size()))) return;
  if (request.records_size() > kMostRecords) return;
  const calculator::Options options = rpc::DecodeOptions(request);
  std::vector<calculator::Submission> submissions;
  for (const v1::MeterRecordSubmission& record : request.records())
    submissions.push_back(rpc::DecodeSubmission(record));
  std::vector<calculator::Outcome> together, alone;
  const calculator::Batch batch = Price(options, submissions, &together);
  for (size_t i = 0; i < submissions.size(); ++i) {
    const calculator::Batch single = Price(options, absl::MakeConstSpan(&submissions[i], 1), &alone);
    COSTS_FUZZ_CHECK(Encoded(submissions[i], together[i], batch) == Encoded(submissions[i], alone[0], single));
  }
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
