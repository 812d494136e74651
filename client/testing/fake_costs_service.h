// A CostsService for the client's tests, in this process, on a loopback port.
//
// It prices a record at 2 a kWh and 100 g a kWh, reading `value` as Wh whatever
// the units, and refuses by location: "loc_unknown" is NOT_FOUND, "loc_invalid"
// INVALID_ARGUMENT with two violations. Streams are answered in messages of
// `answers_per_message` records, whatever the chunks were.
#ifndef CLIENT_TESTING_FAKE_COSTS_SERVICE_H_
#define CLIENT_TESTING_FAKE_COSTS_SERVICE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "energy/costs/v1/costs_service.grpc.pb.h"
#include "grpcpp/channel.h"
#include "grpcpp/server.h"

namespace costs {

namespace v1 = ::energy::costs::v1;

struct FakeBehaviour {
  // 0: each chunk in one message.
  int answers_per_message = 0;
  // After so many answers on a stream, end it with `end_status`.
  int64_t end_after = INT64_MAX;
  grpc::Status end_status;
  // The answer number on which the server gives a wrong sequence number, or
  // neither result nor status.
  int64_t wrong_sequence_at = -1;
  int64_t empty_answer_at = -1;
  // Answer one record more than was asked.
  bool one_too_many = false;
  // So many times the record whose value is that gets UNAVAILABLE (STORE_UNAVAILABLE).
  int unavailable_times = 0;
  double unavailable_at = 0;
  // Never answer; end when the client has gone.
  bool hang = false;
};

class FakeCostsService final : public v1::CostsService::Service {
 public:
  explicit FakeCostsService(FakeBehaviour behaviour = {});
  ~FakeCostsService() override;

  // host:port, where it listens.
  const std::string& address() const { return address_; }
  std::unique_ptr<v1::CostsService::Stub> NewStub() const;
  std::shared_ptr<grpc::Channel> NewChannel() const;

  // What arrived.
  int streams() const { return streams_; }
  int64_t records() const { return records_; }
  int64_t largest_chunk() const { return largest_chunk_; }
  // Of the last message or call.
  v1::CalculateInstantCostRequest last_call() const { return last_call_; }
  v1::StreamInstantCostsRequest last_chunk_options() const { return last_chunk_options_; }

 private:
  grpc::Status CalculateInstantCost(grpc::ServerContext* context, const v1::CalculateInstantCostRequest* request,
                                    v1::MeterRecord* response) override;
  grpc::Status StreamInstantCosts(
      grpc::ServerContext* context,
      grpc::ServerReaderWriter<v1::StreamInstantCostsResponse, v1::StreamInstantCostsRequest>* stream) override;

  const FakeBehaviour behaviour_;
  std::atomic<int> unavailable_{0};  // times
  std::atomic<int> streams_{0};
  std::atomic<int64_t> records_{0};
  std::atomic<int64_t> largest_chunk_{0};
  v1::CalculateInstantCostRequest last_call_;
  v1::StreamInstantCostsRequest last_chunk_options_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace costs

#endif  // CLIENT_TESTING_FAKE_COSTS_SERVICE_H_
