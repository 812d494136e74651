// The messages of the service benchmark: what a caller sends, and what an
// answer to it looks like.
//
// All records are in half-hour slots of 2022-02-01 (the day for which the demo
// catalog has carbon there) at the documentation's example location, in W, in no
// order of time, each with its own value and references, and with its own end, up
// to three minutes before its slot's: no two have one key. The references have a
// fixed width and the figures are never zero, so the answers to two samples
// differ in content and not in size: one prebuilt answer can stand for all.
//
// Pure functions: thread-safe.
#ifndef TESTS_BENCH_SAMPLE_RECORDS_H_
#define TESTS_BENCH_SAMPLE_RECORDS_H_

#include "energy/costs/v1/costs_service.pb.h"
#include "energy/costs/v1/meter_record.pb.h"

namespace costs::bench {

// The load repeats itself after this many records.
inline constexpr int kSampleRecords = 8000;
// Records in a chunk of the chunk stream; divides kSampleRecords.
inline constexpr int kChunkRecords = 1000;

// The record with this index, 0 to kSampleRecords - 1, as it is submitted.
// Direction, tariff_rate, measurand and confidence are left to their defaults.
energy::costs::v1::MeterRecordSubmission SampleSubmission(int index);

// An answer of the shape and size of the service's, in the full view.
energy::costs::v1::MeterRecord SampleAnswer();

// The same in the lean view: id and data only.
energy::costs::v1::MeterRecord SampleLeanAnswer();

}  // namespace costs::bench

#endif  // TESTS_BENCH_SAMPLE_RECORDS_H_
