#include "tests/conformance/ways_in.h"

#include <gtest/gtest.h>

#include <numeric>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;
using engine::testing::Random;

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

}  // namespace

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

Answers AskBatch(Faces& faces, Random& random, const Submissions& records, const std::vector<size_t>& order,
                 const CallOptions& options, View view) {
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

Answers AskStream(Faces& faces, Random& random, const Submissions& records, const CallOptions& options, View view) {
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

void ExpectSameEachWay(Faces& faces, Random& random, const Submissions& records, const CallOptions& options,
                       const Answers& unary) {
  const std::vector<size_t> in_order = InOrder(records.size());
  const auto full = v1::MeterRecordView::FULL;
  ExpectSame("batch", unary, AskBatch(faces, random, records, in_order, options, full), records);
  ExpectSame("shuffled batch", unary, AskBatch(faces, random, records, Shuffled(random, records.size()), options, full),
             records);
  ExpectSame("stream", unary, AskStream(faces, random, records, options, full), records);
  Answers lean;
  for (const Answer& answer : unary) lean.push_back(LeanOf(answer));
  const auto lean_view = v1::MeterRecordView::LEAN;
  ExpectSame("lean batch", lean, AskBatch(faces, random, records, in_order, options, lean_view), records);
  ExpectSame("lean stream", lean, AskStream(faces, random, records, options, lean_view), records);
}

}  // namespace costs::conformance
