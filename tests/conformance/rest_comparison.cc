#include "tests/conformance/rest_comparison.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "tests/conformance/json_leaves.h"

namespace costs::conformance {
namespace {

// The contract's table of errors.
const struct {
  absl::string_view reason;
  int http_status;
  absl::string_view code;
} kErrors[] = {
    {"costs.energy/INVALID_FIELD", 400, "invalid_request"},
    {"costs.energy/LOCATION_NOT_FOUND", 404, "location_not_found"},
    {"costs.energy/NO_TARIFF_CONNECTED", 422, "no_tariff_connected"},
    {"costs.energy/NO_PRICE_DATA", 422, "no_price_data"},
};

constexpr absl::string_view kFields[] = {
    "location_id",
    "device_id",
    "session_reference_id",
    "record_reference_id",
    "direction",
    "tariff_rate",
    "measurand",
    "units",
    "value",
    "start_time",
    "end_time",
    "confidence",
    "usage_before_wh",
    "include_breakdown",
};

// More digits than this a double does not keep.
constexpr size_t kDigitsOfADouble = 15;

bool SameNumber(const std::string& rest, const std::string& grpc) {
  const std::string a = CanonicalNumber(rest);
  const std::string b = CanonicalNumber(grpc);
  if (a == b) return true;
  const auto digits = [](const std::string& number) {
    return static_cast<size_t>(std::count_if(number.begin(), std::find(number.begin(), number.end(), 'e'), [](char c) {
      return absl::ascii_isdigit(static_cast<unsigned char>(c));
    }));
  };
  double x = 0, y = 0;
  if (!absl::SimpleAtod(rest, &x) || !absl::SimpleAtod(grpc, &y)) return false;
  const bool keeps_digits =
      std::max(digits(a), digits(b)) <= kDigitsOfADouble && std::fabs(x) >= std::numeric_limits<double>::min();
  return !keeps_digits && x == y;
}

bool IsTime(absl::string_view path) {
  const absl::string_view name = path.substr(path.rfind('.') + 1);
  return name == "start_time" || name == "end_time";
}

// "Z", "+01:00", ...; empty where the time has none.
std::string OffsetOf(absl::string_view time) {
  if (absl::EndsWith(time, "Z") || absl::EndsWith(time, "z")) return "Z";
  return time.size() < 6 ? "" : std::string(time.substr(time.size() - 6));
}

bool SameInstant(const std::string& rest, const std::string& grpc) {
  absl::Time a, b;
  return absl::ParseTime(absl::RFC3339_full, absl::AsciiStrToUpper(rest), &a, nullptr) &&
         absl::ParseTime(absl::RFC3339_full, grpc, &b, nullptr) && a == b;
}

class Comparison {
 public:
  explicit Comparison(const RestRequest& request) : request_(request) {}

  void Records(const std::string& rest_json, const energy::costs::v1::MeterRecord& record) {
    std::string grpc_json;
    const auto printed = google::protobuf::util::MessageToJsonString(record, &grpc_json);
    absl::StatusOr<JsonLeaves> rest = LeavesOf(rest_json);
    const absl::StatusOr<JsonLeaves> grpc = LeavesOf(grpc_json);
    if (!printed.ok() || !rest.ok() || !grpc.ok()) {
      Differ("json", rest_json, grpc_json);
      return;
    }
    if (rest->erase("time_created") == 0) Differ("time_created", "", "always given");
    for (const auto& [path, leaf] : *grpc) {
      const auto found = rest->find(path);
      if (found == rest->end()) {
        Differ(path, "(missing)", leaf.text);
      } else {
        Compare(path, found->second, leaf);
      }
    }
    for (const auto& [path, leaf] : *rest) {
      if (grpc->count(path) == 0) Differ(path, leaf.text, "(missing)");
    }
  }

  void Refusals(const rest::RawResponse& response, const Refusal& refusal) {
    const absl::StatusOr<JsonLeaves> leaves = LeavesOf(response.body);
    if (!leaves.ok()) return Differ("json", response.body, refusal.message);
    const auto text = [&](const char* name) {
      const auto found = leaves->find(name);
      return found == leaves->end() ? std::string() : found->second.text;
    };
    Expect("object", text("object"), "error");
    for (const auto& row : kErrors) {
      if (row.reason != refusal.reason) continue;
      Expect("HTTP status", absl::StrCat(response.status), absl::StrCat(row.http_status));
      Expect("code", text("code"), std::string(row.code));
      if (refusal.violations.empty()) {
        Expect("message", text("message"), refusal.message);
      } else {
        Violations(text("message"), refusal);
      }
      return;
    }
    Differ("reason", text("code"), refusal.reason);
  }

  std::string text() && { return absl::StrJoin(differences_, "\n"); }

 private:
  void Differ(absl::string_view path, absl::string_view rest, absl::string_view grpc) {
    differences_.push_back(absl::StrCat(path, ": REST ", rest, ", gRPC ", grpc));
  }
  void Expect(absl::string_view path, const std::string& rest, const std::string& grpc) {
    if (rest != grpc) Differ(path, rest, grpc);
  }

  void Compare(const std::string& path, const Leaf& rest, const Leaf& grpc) {
    bool same = rest.kind == grpc.kind;
    if (IsTime(path)) {
      const bool of_end = absl::EndsWith(path, "end_time") && !absl::StrContains(path, "breakdown");
      const std::string& given = of_end ? request_.end_time : request_.start_time;
      same = same && SameInstant(rest.text, grpc.text) && OffsetOf(rest.text) == OffsetOf(given);
      if (absl::StartsWith(path, "request.")) same = same && rest.text == given;
    } else if (grpc.kind == LeafKind::kNumber) {
      same = same && SameNumber(rest.text, grpc.text);
    } else {
      same = same && rest.text == grpc.text;
    }
    if (!same) Differ(path, rest.text, grpc.text);
  }

  void Violations(const std::string& message, const Refusal& refusal) {
    std::vector<std::string> all;
    std::set<std::string> fields;
    for (const auto& [field, description] : refusal.violations) {
      all.push_back(absl::StrCat(field, ": ", description));
      fields.insert(field);
    }
    if (request_.misspelt.empty()) return Expect("message", message, absl::StrJoin(all, "; "));
    // A word that is none: REST reports what its reader finds, which is such
    // words and required fields that are missing, and does not look at values.
    std::set<std::string> told;
    for (const absl::string_view part : absl::StrSplit(message, "; ")) {
      for (const absl::string_view field : kFields) {
        if (absl::StartsWith(part, absl::StrCat(field, ": "))) told.emplace(field);
      }
    }
    for (const std::string& field : request_.misspelt) {
      if (told.count(field) == 0) Differ("violations", message, field);
    }
    for (const std::string& field : told) {
      if (fields.count(field) == 0) Differ("violations", message, absl::StrJoin(fields, ", "));
    }
  }

  const RestRequest& request_;
  std::vector<std::string> differences_;
};

}  // namespace

std::string Differences(const RestRequest& request, const rest::RawResponse& response, const Answer& grpc_answer) {
  Comparison comparison(request);
  if (grpc_answer.record) {
    if (response.status != 200) return absl::StrCat("REST ", response.status, " ", response.body, ", gRPC OK");
    comparison.Records(response.body, *grpc_answer.record);
  } else {
    comparison.Refusals(response, grpc_answer.refusal);
  }
  return std::move(comparison).text();
}

std::string HttpText(const RestRequest& request) {
  return absl::StrCat("POST /costs/instant", request.query,
                      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ",
                      request.body.size(), "\r\n\r\n", request.body);
}

}  // namespace costs::conformance
