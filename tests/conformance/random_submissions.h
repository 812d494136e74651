// Random meter records, valid and invalid in every field, and how a caller of
// the REST face would write them.
#ifndef TESTS_CONFORMANCE_RANDOM_SUBMISSIONS_H_
#define TESTS_CONFORMANCE_RANDOM_SUBMISSIONS_H_

#include <optional>
#include <string>
#include <vector>

#include "energy/costs/v1/costs_service.pb.h"
#include "service/engine/testing/random_tariffs.h"
#include "tests/conformance/random_catalog.h"

namespace costs::conformance {

// What every costs call can ask for, with the defaults.
struct CallOptions {
  std::optional<bool> include_tariff;
  std::optional<bool> include_carbon;
  std::optional<bool> non_persistent;
  bool include_breakdown = false;

  template <typename Request>
  void CopyTo(Request* request) const {
    if (include_tariff) request->set_include_tariff(*include_tariff);
    if (include_carbon) request->set_include_carbon(*include_carbon);
    if (non_persistent) request->set_non_persistent(*non_persistent);
    if (include_breakdown) request->set_include_breakdown(true);
  }
};

CallOptions RandomOptions(engine::testing::Random& random);

// About two in three are valid; each field of the others may be missing, out of
// range, extreme or nonsense.
energy::costs::v1::MeterRecordSubmission RandomSubmission(engine::testing::Random& random,
                                                          const std::vector<Place>& places);

// A submission as a REST request.
struct RestRequest {
  std::string query;  // with the ?, or empty
  std::string body;
  // As in the body; empty: not given.
  std::string start_time;
  std::string end_time;
  // Fields that JSON cannot say and that are written as some wrong word.
  std::vector<std::string> misspelt;
};

// Every field in one of the ways in which JSON can write it, in any order, the
// times at any offset. Nothing where JSON has no such value (NaN, a time outside
// the years 0 to 9999).
std::optional<RestRequest> WriteRestRequest(engine::testing::Random& random,
                                            const energy::costs::v1::MeterRecordSubmission& record,
                                            const CallOptions& options);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_RANDOM_SUBMISSIONS_H_
