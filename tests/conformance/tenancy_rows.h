// The matrix of tenancy: each method and each REST path with each id that may be another's.
#ifndef TESTS_CONFORMANCE_TENANCY_ROWS_H_
#define TESTS_CONFORMANCE_TENANCY_ROWS_H_

#include <set>
#include <string>
#include <vector>

namespace costs::conformance {

// Ids stand for themselves: "$location", "$device", "$element", "$calendar", "$series",
// "$region", "$session", "$reference", "$record", "$batch".
enum class Expect {
  kNotFound,  // refused as not found
  kRefused,   // refused, as an id that never was
  kSame,      // answered as for an id that never was: an empty list, a refusal within a batch
  kOwn,       // the caller gets one of that name, of his own
};

struct Row {
  std::string method;   // or "GET /locations/{id}"
  std::string request;  // textproto, or the target and the body
  Expect expect = Expect::kNotFound;
  std::string body = "";
};

const std::vector<Row>& GrpcRows();
const std::vector<Row>& RestRows();

// Of nobody's: how one becomes somebody.
const std::set<std::string>& OpenMethods();

// What requests are made of: two kWh in an hour of 2026-01-01, in the two notations, and a
// price list of one rate.
inline constexpr char kHours[] =
    "units: KWH value: 2 start_time { seconds: 1767225600 } end_time { seconds: 1767229200 }";
inline constexpr char kHoursJson[] =
    R"("units": "KWH", "value": 2, "start_time": "2026-01-01T00:00:00Z", "end_time": "2026-01-01T01:00:00Z")";

std::string Schedule(const std::string& rate);

}  // namespace costs::conformance

#endif  // TESTS_CONFORMANCE_TENANCY_ROWS_H_
