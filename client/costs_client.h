// What did this meter record cost, and what carbon did it cause? A client of the costs
// service.
//
//   costs::ClientOptions options;
//   options.address = "localhost:50051";
//   absl::StatusOr<std::unique_ptr<costs::Client>> client = costs::Client::Connect(options);
//
//   costs::v1::MeterRecordSubmission record;
//   record.set_location_id("loc_641b90b758fb8e6293716e40");
//   ...
//   absl::StatusOr<costs::v1::MeterRecord> cost = (*client)->CalculateInstantCost(record);
//
// One record at a time (CalculateInstantCost), up to 1000 in one call (Batch...), or as
// many as there are, over a stream (OpenStream). For the service's other calls take a stub
// on channel(). Errors carry the server's details: client/errors.h reads them.
//
// Thread-safe. A client is one connection to each of the server's addresses, and is meant
// to be kept.
#ifndef CLIENT_COSTS_CLIENT_H_
#define CLIENT_COSTS_CLIENT_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/connection.h"
#include "client/errors.h"
#include "client/record_stream.h"
#include "energy/costs/v1/costs_service.grpc.pb.h"

namespace costs {

namespace v1 = ::energy::costs::v1;

struct ClientOptions {
  // host:port, or any name that gRPC resolves, such as dns:///costs:50051. A name with
  // several addresses is used in turns, those that are not healthy left out.
  std::string address;
  Tls tls;

  // Who calls: a bearer token, or an account and its API key, which is traded for tokens,
  // and again before they end. Neither: no credentials are sent.
  std::string token;
  std::string account_id;
  std::string api_key;
  // Credentials are sent in plain text to this machine only, unless this is true.
  bool allow_plaintext_credentials = false;

  // How long a call may take, retries included, unless it says so itself.
  absl::Duration timeout = absl::Seconds(30);
  // False: a call fails at once while there is no server.
  bool wait_for_ready = true;
};

// What an answer shall hold, and for how long it is waited.
struct CallOptions {
  bool include_tariff = true;
  bool include_carbon = true;
  bool include_breakdown = false;
  // True: a simulation, of which nothing is stored.
  bool non_persistent = false;
  // Zero: the client's.
  absl::Duration timeout = absl::ZeroDuration();
};

class Client {
 public:
  // INVALID_ARGUMENT for options that cannot be; with an API key the error of the first
  // login. Without one nothing is sent yet, and a server that is not there is no error:
  // calls wait for it.
  static absl::StatusOr<std::unique_ptr<Client>> Connect(const ClientOptions& options);

  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Prices a record. Stored, unless it is a simulation, before this returns; submitting it
  // again changes nothing.
  absl::StatusOr<v1::MeterRecord> CalculateInstantCost(const v1::MeterRecordSubmission& record,
                                                       const CallOptions& options = {});
  // The same without waiting: `done` is called on a thread of gRPC's, where the client must
  // not end.
  void CalculateInstantCost(const v1::MeterRecordSubmission& record, const CallOptions& options,
                            std::function<void(absl::StatusOr<v1::MeterRecord>)> done);

  // Each record's own outcome, in their order. The outer status is the call's: where it is
  // an error, all may be submitted again.
  using BatchOutcomes = std::vector<absl::StatusOr<v1::MeterRecord>>;

  // Prices 1 to 1000 records in one call.
  absl::StatusOr<BatchOutcomes> BatchCalculateInstantCosts(absl::Span<const v1::MeterRecordSubmission> records,
                                                           const CallOptions& options = {});
  void BatchCalculateInstantCosts(absl::Span<const v1::MeterRecordSubmission> records, const CallOptions& options,
                                  std::function<void(absl::StatusOr<BatchOutcomes>)> done);

  // The client must outlive the stream.
  std::unique_ptr<RecordStream> OpenStream(StreamOptions options);

  // For stubs of the service's other calls; their credentials are sent, too.
  std::shared_ptr<grpc::Channel> channel() const;

 private:
  class Calls;

  explicit Client(std::unique_ptr<Calls> calls);

  const std::unique_ptr<Calls> calls_;
};

}  // namespace costs

#endif  // CLIENT_COSTS_CLIENT_H_
