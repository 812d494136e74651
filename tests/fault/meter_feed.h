// Meters that report half-hours without end over StreamInstantCosts, and try again
// what was not acknowledged, whatever happens to the server: a client as it should
// be, that remembers each answer.
//
//   MeterFeed feed(address, {"loc_1", "loc_2"}, start);
//   feed.Start();
//   …                       // the server is killed, started, frozen
//   feed.Finish();          // what was begun is acknowledged
//   feed.records()
#ifndef TESTS_FAULT_METER_FEED_H_
#define TESTS_FAULT_METER_FEED_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"

namespace costs::fault {

// A record that was sent, and what was last answered.
struct FedRecord {
  std::string location_id;
  int64_t start_s = 0;  // half an hour from there
  double wh = 0;
  bool acknowledged = false;
  std::string id;
  double cost = 0;
};

// Start, Finish and records() from one thread.
class MeterFeed {
 public:
  // Half-hours from `start_s` on, of each location in turn.
  // `pause`: after each chunk.
  MeterFeed(std::string address, std::vector<std::string> locations, int64_t start_s, size_t records_per_chunk,
            absl::Duration pause = absl::ZeroDuration());
  ~MeterFeed();

  void Start();
  // Sends no new records, and returns when all that were sent are acknowledged, or
  // after `patience`: then false.
  bool Finish(absl::Duration patience);

  // After Finish(). In the order in which they were first sent.
  const std::vector<FedRecord>& records() const { return records_; }
  // Streams that were begun, and refusals that said to try again.
  int streams() const { return streams_; }
  int64_t refusals() const { return refusals_; }
  int64_t acknowledged() const { return acknowledged_; }
  // The first answer that a feed must not get; empty: none.
  const std::string& fault() const { return fault_; }

 private:
  void Run();
  // One stream, until it ends. False: nothing is left to do.
  bool Stream();
  void Read(grpc::ClientReaderWriter<energy::costs::v1::StreamInstantCostsRequest,
                                     energy::costs::v1::StreamInstantCostsResponse>* stream,
            grpc::ClientContext* context);
  // The next records to send on this stream, from `*next` on; empty: wait.
  std::vector<size_t> Take(size_t* next);
  bool Done();

  const std::string address_;
  const std::vector<std::string> locations_;
  const int64_t start_s_;
  const size_t records_per_chunk_;
  const absl::Duration pause_;
  std::unique_ptr<energy::costs::v1::CostsService::Stub> stub_;
  std::thread thread_;
  std::atomic<bool> finishing_{false};
  std::atomic<bool> abandoned_{false};
  std::atomic<int> streams_{0};
  std::atomic<int64_t> refusals_{0};
  std::atomic<int64_t> acknowledged_{0};
  std::atomic<bool> broken_{false};  // the stream under way

  std::mutex mutex_;
  std::vector<FedRecord> records_;  // guarded by mutex_ until Finish()
  size_t first_open_ = 0;           // guarded by mutex_: all before are acknowledged
  std::string fault_;               // guarded by mutex_ until Finish()
};

}  // namespace costs::fault

#endif  // TESTS_FAULT_METER_FEED_H_
