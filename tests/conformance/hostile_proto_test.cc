// Bytes that no generated stub would send: each call gets a status, and the
// server goes on answering the others.
//
// The seed is fixed; another one: --test_env=COSTS_TEST_SEED=<number>.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/engine/testing/cases.h"
#include "tests/conformance/faces.h"
#include "tests/conformance/random_catalog.h"
#include "tests/conformance/random_submissions.h"
#include "tests/conformance/raw_calls.h"

namespace costs::conformance {
namespace {

namespace v1 = energy::costs::v1;
using engine::testing::Random;
using testing::AnyOf;
using testing::Eq;

constexpr int kCases = engine::testing::Cases(3'000);
// What CostsService has and the server does not register yet is UNIMPLEMENTED,
// whatever the bytes.
constexpr const char* kUnaryMethods[] = {"CalculateInstantCost", "BatchCalculateInstantCosts", "GetIntervalCosts",
                                         "GetSessionCosts"};

std::string RandomBytes(Random& random, size_t length) {
  std::string bytes;
  while (bytes.size() < length) bytes.push_back(static_cast<char>(random.Between(0, 255)));
  return bytes;
}

// One of the ways in which bytes go wrong.
std::string Mutated(Random& random, std::string bytes) {
  const auto somewhere = [&] { return static_cast<size_t>(random.Between(0, static_cast<int64_t>(bytes.size()) - 1)); };
  for (int64_t times = random.Between(1, 4); times > 0 && !bytes.empty(); --times) {
    const size_t at = somewhere();
    switch (random.Between(0, 6)) {
      case 0:  // a bit
        bytes[at] = static_cast<char>(bytes[at] ^ (1 << random.Between(0, 7)));
        break;
      case 1:  // a byte
        bytes[at] = static_cast<char>(random.Between(0, 255));
        break;
      case 2:
        bytes.resize(at);
        break;
      case 3:
        bytes.insert(at, RandomBytes(random, static_cast<size_t>(random.Between(1, 16))));
        break;
      case 4:  // a part of it again
        bytes.insert(somewhere(), bytes.substr(at, static_cast<size_t>(random.Between(1, 64))));
        break;
      case 5:  // a length or number with every bit set
        bytes.insert(at, std::string(9, '\xFF') + "\x01");
        break;
      default:
        bytes.erase(at, static_cast<size_t>(random.Between(1, 16)));
        break;
    }
  }
  return bytes;
}

class HostileProto : public testing::Test {
 protected:
  HostileProto() : random_(20'250'702), catalog_(MakeRandomCatalog(random_, 5)), faces_(catalog_.snapshot) {}

  std::string ValidUnary() {
    v1::CalculateInstantCostRequest request;
    *request.mutable_record() = RandomSubmission(random_, catalog_.places);
    RandomOptions(random_).CopyTo(&request);
    return request.SerializeAsString();
  }

  std::string ValidBatch() {
    v1::BatchCalculateInstantCostsRequest request;
    for (int64_t i = random_.Between(1, 5); i > 0; --i) {
      *request.add_records() = RandomSubmission(random_, catalog_.places);
    }
    RandomOptions(random_).CopyTo(&request);
    return request.SerializeAsString();
  }

  std::string ValidChunk() {
    v1::StreamInstantCostsRequest request;
    for (int64_t i = random_.Between(1, 5); i > 0; --i) {
      *request.add_records()->mutable_record() = RandomSubmission(random_, catalog_.places);
    }
    RandomOptions(random_).CopyTo(&request);
    return request.SerializeAsString();
  }

  // A record that has a price of 0 at any catalog, LOCAL without an element
  // included: what an honest client sends meanwhile.
  void ExpectStillAnswers() {
    v1::CalculateInstantCostRequest request;
    v1::MeterRecordSubmission& record = *request.mutable_record();
    record.set_location_id(catalog_.places[0].location_id);
    record.set_units(v1::Units::WH);
    record.set_value(1234);
    record.mutable_start_time()->set_seconds(1'600'000'000);
    record.mutable_end_time()->set_seconds(1'600'000'300);
    request.set_include_tariff(false);
    grpc::ClientContext context;
    v1::MeterRecord answer;
    const grpc::Status status = faces_.stub()->CalculateInstantCost(&context, request, &answer);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answer.data().energy().value(), 1234);
  }

  Random random_;
  RandomCatalog catalog_;
  Faces faces_;
};

// gRPC itself answers UNIMPLEMENTED to a unary request that it cannot read.
const auto kUnaryStatus = AnyOf(grpc::StatusCode::OK, grpc::StatusCode::INVALID_ARGUMENT, grpc::StatusCode::NOT_FOUND,
                                grpc::StatusCode::FAILED_PRECONDITION, grpc::StatusCode::UNIMPLEMENTED);
const auto kStreamStatus = AnyOf(grpc::StatusCode::OK, grpc::StatusCode::INVALID_ARGUMENT);

TEST_F(HostileProto, RandomBytes_GetAStatusFromEachMethod) {
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(engine::testing::CaseName(i));
    const std::string bytes = RandomBytes(random_, static_cast<size_t>(random_.Between(0, 200)));
    for (const char* method : kUnaryMethods) {
      const RawResult result = CallUnary(faces_.channel(), CostsMethod(method), bytes);
      ASSERT_THAT(result.status.error_code(), kUnaryStatus) << method << ": " << result.status.error_message();
    }
    const RawResult result = CallStream(faces_.channel(), CostsMethod("StreamInstantCosts"), {bytes});
    ASSERT_THAT(result.status.error_code(), kStreamStatus) << result.status.error_message();
  }
  ExpectStillAnswers();
}

TEST_F(HostileProto, MutatedRequests_GetAStatus) {
  for (int i = 0; i < kCases; ++i) {
    SCOPED_TRACE(engine::testing::CaseName(i));
    const RawResult unary =
        CallUnary(faces_.channel(), CostsMethod("CalculateInstantCost"), Mutated(random_, ValidUnary()));
    ASSERT_THAT(unary.status.error_code(), kUnaryStatus) << unary.status.error_message();
    const RawResult batch =
        CallUnary(faces_.channel(), CostsMethod("BatchCalculateInstantCosts"), Mutated(random_, ValidBatch()));
    ASSERT_THAT(batch.status.error_code(), kUnaryStatus) << batch.status.error_message();
    const RawResult stream = CallStream(faces_.channel(), CostsMethod("StreamInstantCosts"),
                                        {ValidChunk(), Mutated(random_, ValidChunk()), ValidChunk()});
    ASSERT_THAT(stream.status.error_code(), kStreamStatus) << stream.status.error_message();
  }
  ExpectStillAnswers();
}

// A stream that ends with OK has answered every record. A chunk that cannot be
// read is not the end of the requests.
TEST_F(HostileProto, UnreadableChunk_EndsTheStreamWithAnErrorAfterWhatWasAnswered) {
  v1::StreamInstantCostsRequest chunk;
  for (uint64_t sequence = 0; sequence < 3; ++sequence) {
    v1::SequencedSubmission* item = chunk.add_records();
    item->set_sequence(sequence);
    *item->mutable_record() = RandomSubmission(random_, catalog_.places);
  }
  const std::string good = chunk.SerializeAsString();
  std::string not_utf8 = good;
  const size_t location = not_utf8.find("loc_");
  ASSERT_NE(location, std::string::npos);
  not_utf8[location] = '\xFF';
  for (const std::string& bad : {good.substr(0, good.size() - 1), not_utf8, std::string("\x0A\xFF\xFF\xFF\xFF\x0F")}) {
    const RawResult result = CallStream(faces_.channel(), CostsMethod("StreamInstantCosts"), {good, good, bad, good});
    EXPECT_EQ(result.status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << result.status.error_message();
    int answered = 0;
    for (const std::string& bytes : result.responses) {
      v1::StreamInstantCostsResponse response;
      ASSERT_TRUE(response.ParseFromString(bytes));
      answered += response.outcomes_size();
    }
    EXPECT_EQ(answered, 6);
  }
  ExpectStillAnswers();
}

TEST_F(HostileProto, UnknownMethod_IsUnimplemented) {
  for (const char* method : {"/energy.costs.v1.CostsService/Nothing", "/x", "/", "/energy.costs.v2.CostsService/A"}) {
    EXPECT_EQ(CallUnary(faces_.channel(), method, "").status.error_code(), grpc::StatusCode::UNIMPLEMENTED) << method;
  }
}

}  // namespace
}  // namespace costs::conformance
