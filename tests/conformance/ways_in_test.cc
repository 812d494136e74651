// The law "ways in": unary = batch = stream = REST, field for field, and neither
// the order of a batch nor its size changes anything. And the law "offsets": a
// time written with Z or with any offset gives the same answer.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>.
#include "tests/conformance/ways_in.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/rest/testing/raw_client.h"
#include "tests/conformance/answers.h"
#include "tests/conformance/faces.h"
#include "tests/conformance/random_catalog.h"
#include "tests/conformance/random_submissions.h"
#include "tests/conformance/rest_comparison.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;
using engine::testing::Random;

constexpr int kRecords = 10'000;
constexpr int kPlaces = 21;
constexpr size_t kMostTogether = 300;
constexpr size_t kMostWithBreakdown = 100;  // the calculator's limit for a call

class WaysIn : public testing::Test {
 protected:
  WaysIn() : random_(20'250'701), catalog_(MakeRandomCatalog(random_, kPlaces)), faces_(catalog_.snapshot) {}

  Submissions RandomRecords(size_t count) {
    Submissions records;
    for (size_t i = 0; i < count; ++i) records.push_back(RandomSubmission(random_, catalog_.places));
    return records;
  }

  // Over one connection that stays. How many of the records JSON could say.
  int ExpectSameByRest(const Submissions& records, const CallOptions& options, const Answers& expected) {
    int asked = 0;
    for (size_t i = 0; i < records.size(); ++i) {
      const std::optional<RestRequest> request = WriteRestRequest(random_, records[i], options);
      if (!request) continue;
      ++asked;
      EXPECT_TRUE(client_->Send(HttpText(*request)));
      const std::optional<rest::RawResponse> response = client_->Read();
      if (!response) {
        ADD_FAILURE() << "no answer to " << request->body;
        return asked;
      }
      const std::string differences = Differences(*request, *response, expected[i]);
      EXPECT_EQ(differences, "") << request->query << " " << request->body << "\n" << records[i].DebugString();
      if (!differences.empty()) return asked;
    }
    return asked;
  }

  Random random_;
  RandomCatalog catalog_;
  Faces faces_;
  std::optional<rest::RawClient> client_{std::in_place, faces_.rest_port()};
};

TEST_F(WaysIn, RandomRecords_GetTheSameAnswerEachWay) {
  std::map<std::string, int> kinds;
  int by_rest = 0;
  for (int asked = 0; asked < kRecords;) {
    SCOPED_TRACE(engine::testing::CaseName(asked));
    const CallOptions options = RandomOptions(random_);
    const size_t most = options.include_breakdown ? kMostWithBreakdown : kMostTogether;
    const Submissions records = RandomRecords(static_cast<size_t>(random_.Between(1, static_cast<int64_t>(most))));
    asked += static_cast<int>(records.size());

    const Answers expected = AskUnary(faces_, records, options);
    for (const Answer& answer : expected) ++kinds[answer.record ? "OK" : answer.refusal.reason];
    ExpectSameEachWay(faces_, random_, records, options, expected);
    by_rest += ExpectSameByRest(records, options, expected);
    if (HasFailure()) return;
  }
  // The records were worth asking: each kind of answer came often.
  EXPECT_GT(by_rest, kRecords * 8 / 10);
  EXPECT_GT(kinds["OK"], kRecords / 3);
  for (const char* reason : {"INVALID_FIELD", "LOCATION_NOT_FOUND", "NO_TARIFF_CONNECTED", "NO_PRICE_DATA"}) {
    EXPECT_GT(kinds[absl::StrCat("costs.energy/", reason)], kRecords / 200) << reason;
  }
  for (const auto& [kind, count] : kinds) RecordProperty(kind.empty() ? "none" : kind, count);
}

TEST_F(WaysIn, BreakdownOfTooManyRecords_IsRefusedForEachAndNamesTheOption) {
  CallOptions options;
  options.include_breakdown = true;
  const Submissions records = RandomRecords(kMostWithBreakdown + 1);
  v1::BatchCalculateInstantCostsRequest request;
  options.CopyTo(&request);
  for (const v1::MeterRecordSubmission& record : records) *request.add_records() = record;
  grpc::ClientContext context;
  v1::BatchCalculateInstantCostsResponse response;
  ASSERT_TRUE(faces_.stub()->BatchCalculateInstantCosts(&context, request, &response).ok());
  for (int i = 0; i < response.items_size(); ++i) {
    const Answer answer = AnswerOf(response.items(i).status(), absl::StrCat("records[", i, "]."));
    ASSERT_FALSE(answer.refusal.violations.empty());
    EXPECT_EQ(answer.refusal.violations.back().first, "include_breakdown");
  }
}

}  // namespace
}  // namespace costs::conformance
