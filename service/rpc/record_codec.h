// Between the API's messages and the calculator's structures. No rules here:
// what comes off the wire is handed on as it is. Pure and thread-safe.
#ifndef SERVICE_RPC_RECORD_CODEC_H_
#define SERVICE_RPC_RECORD_CODEC_H_

#include "absl/time/time.h"
#include "energy/costs/v1/meter_record.pb.h"
#include "service/calculator/calculator.h"

namespace costs::rpc {

// The result borrows the message's text.
calculator::Submission DecodeSubmission(const energy::costs::v1::MeterRecordSubmission& message);

// The options that every costs call has, of whichever request.
template <typename Request>
calculator::Options DecodeOptions(const Request& request) {
  calculator::Options options;
  options.include_tariff = !request.has_include_tariff() || request.include_tariff();
  options.include_carbon = !request.has_include_carbon() || request.include_carbon();
  options.include_breakdown = request.include_breakdown();
  options.non_persistent = request.non_persistent();
  return options;
}

// `id` and `data`, and the source where it is said. Every field that a record can have is set or cleared, so
// that a message may be used again without being cleared.
void EncodeLean(const calculator::Submission& submission, const calculator::PricedRecord& record,
                energy::costs::v1::MeterRecord* message);

// Everything. `submission` is what `record` answers, `batch` what it came with.
void EncodeFull(const calculator::Submission& submission, const calculator::PricedRecord& record,
                const calculator::Batch& batch, energy::costs::v1::MeterRecord* message);

}  // namespace costs::rpc

#endif  // SERVICE_RPC_RECORD_CODEC_H_
