// A calculator on a small catalog, the same in every run, for fuzz targets whose
// inputs are to be priced. Locations loc_0 to loc_4.
#ifndef TESTS_FUZZ_PRICED_CATALOG_H_
#define TESTS_FUZZ_PRICED_CATALOG_H_

#include <vector>

#include "absl/types/span.h"
#include "service/calculator/calculator.h"

namespace costs::fuzz {

// Prices the submissions in one call. Whoever calls keeps `keep_alive` of the
// batch until the outcomes are encoded.
calculator::Batch Price(const calculator::Options& options, absl::Span<const calculator::Submission> submissions,
                        std::vector<calculator::Outcome>* outcomes);

}  // namespace costs::fuzz

#endif  // TESTS_FUZZ_PRICED_CATALOG_H_
