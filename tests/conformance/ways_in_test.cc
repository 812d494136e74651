// The law "ways in": unary = batch = stream = REST, field for field, and neither
// the order of a batch nor its size changes anything. And the law "offsets": a
// time written with Z or with any offset gives the same answer.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <optional>
#include <thread>
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

using Submissions = std::vector<v1::MeterRecordSubmission>;
using Answers = std::vector<Answer>;

Answers AskUnary(Faces& faces, const Submissions& records, const CallOptions& options) {
  Answers answers;
  for (const v1::MeterRecordSubmission& record : records) {
    v1::CalculateInstantCostRequest request;
    *request.mutable_record() = record;
    options.CopyTo(&request);
    grpc::ClientContext context;
    v1::MeterRecord response;
    const grpc::Status status = faces.stub()->CalculateInstantCost(&context, request, &response);
    answers.push_back(status.ok() ? AnswerOf(response) : AnswerOf(status, "record."));
  }
  return answers;
}

// The records in the order of `order`, in batches of random sizes; the answers
// in the order of the records.
Answers AskBatch(Faces& faces, Random& random, const Submissions& records, const std::vector<size_t>& order,
                 const CallOptions& options, v1::MeterRecordView::Value view) {
  Answers answers(records.size());
  for (size_t from = 0; from < order.size();) {
    const size_t size = static_cast<size_t>(random.Between(1, static_cast<int64_t>(order.size() - from)));
    v1::BatchCalculateInstantCostsRequest request;
    options.CopyTo(&request);
    request.set_view(view);
    for (size_t i = 0; i < size; ++i) *request.add_records() = records[order[from + i]];
    grpc::ClientContext context;
    v1::BatchCalculateInstantCostsResponse response;
    const grpc::Status status = faces.stub()->BatchCalculateInstantCosts(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.items_size(), static_cast<int>(size));
    for (int i = 0; i < response.items_size(); ++i) {
      const v1::InstantCostItem& item = response.items(i);
      answers[order[from + static_cast<size_t>(i)]] =
          item.has_result() ? AnswerOf(item.result()) : AnswerOf(item.status(), absl::StrCat("records[", i, "]."));
    }
    from += size;
  }
  return answers;
}

// In chunks of random sizes, all sent while the answers are read.
Answers AskStream(Faces& faces, Random& random, const Submissions& records, const CallOptions& options,
                  v1::MeterRecordView::Value view) {
  std::vector<v1::StreamInstantCostsRequest> chunks;
  std::vector<int> index_in_chunk;
  const int64_t largest = random.OneIn(2) ? 3 : static_cast<int64_t>(records.size());
  const uint64_t first_sequence = static_cast<uint64_t>(random.Between(0, INT64_MAX));
  for (size_t i = 0; i < records.size();) {
    v1::StreamInstantCostsRequest& chunk = chunks.emplace_back();
    options.CopyTo(&chunk);
    chunk.set_view(view);
    for (int64_t size = random.Between(1, largest); size > 0 && i < records.size(); --size, ++i) {
      index_in_chunk.push_back(chunk.records_size());
      v1::SequencedSubmission* item = chunk.add_records();
      *item->mutable_record() = records[i];
      item->set_sequence(first_sequence + i);
    }
  }
  grpc::ClientContext context;
  auto stream = faces.stub()->StreamInstantCosts(&context);
  std::thread writer([&] {
    for (const v1::StreamInstantCostsRequest& chunk : chunks) {
      if (!stream->Write(chunk)) break;
    }
    stream->WritesDone();
  });
  Answers answers;
  v1::StreamInstantCostsResponse response;
  while (stream->Read(&response)) {
    for (const v1::SequencedOutcome& outcome : response.outcomes()) {
      const size_t i = answers.size();
      EXPECT_EQ(outcome.sequence(), first_sequence + i);
      const std::string path =
          absl::StrCat("records[", i < index_in_chunk.size() ? index_in_chunk[i] : -1, "].record.");
      answers.push_back(outcome.has_result() ? AnswerOf(outcome.result()) : AnswerOf(outcome.status(), path));
    }
  }
  writer.join();
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return answers;
}

// The lean view of an answer.
Answer LeanOf(Answer answer) {
  if (!answer.record) return answer;
  v1::MeterRecord lean;
  lean.set_id(answer.record->id());
  *lean.mutable_data() = answer.record->data();
  answer.record = lean;
  return answer;
}

void ExpectSame(const char* way, const Answers& expected, const Answers& actual, const Submissions& records) {
  ASSERT_EQ(actual.size(), expected.size()) << way;
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_EQ(TextOf(actual[i]), TextOf(expected[i])) << way << ", record " << i << ":\n" << records[i].DebugString();
  }
}

std::vector<size_t> InOrder(size_t count) {
  std::vector<size_t> order(count);
  std::iota(order.begin(), order.end(), size_t{0});
  return order;
}

std::vector<size_t> Shuffled(Random& random, size_t count) {
  std::vector<size_t> order = InOrder(count);
  for (size_t i = count; i > 1; --i) {
    std::swap(order[i - 1], order[static_cast<size_t>(random.Between(0, static_cast<int64_t>(i) - 1))]);
  }
  return order;
}

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
    const auto full = v1::MeterRecordView::FULL;
    ExpectSame("batch", expected, AskBatch(faces_, random_, records, InOrder(records.size()), options, full), records);
    ExpectSame("shuffled batch", expected,
               AskBatch(faces_, random_, records, Shuffled(random_, records.size()), options, full), records);
    ExpectSame("stream", expected, AskStream(faces_, random_, records, options, full), records);
    Answers lean;
    for (const Answer& answer : expected) lean.push_back(LeanOf(answer));
    const auto lean_view = v1::MeterRecordView::LEAN;
    ExpectSame("lean batch", lean, AskBatch(faces_, random_, records, InOrder(records.size()), options, lean_view),
               records);
    ExpectSame("lean stream", lean, AskStream(faces_, random_, records, options, lean_view), records);
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
