// A TariffsService for the client's tests, in this process, on a loopback port.
//
// Every location is in London. A kWh costs 0.1 and a hundredth for each hour of
// the UTC day, and causes 100 g and 1 for each; rates are listed by the hour,
// whatever the resolution. FindSlots finds the period's first minutes. The
// location "loc_unknown" is NOT_FOUND.
#ifndef CLIENT_CLI_TESTING_FAKE_TARIFFS_SERVICE_H_
#define CLIENT_CLI_TESTING_FAKE_TARIFFS_SERVICE_H_

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "grpcpp/server.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

class FakeTariffsService final : public v1::TariffsService::Service {
 public:
  FakeTariffsService();
  ~FakeTariffsService() override;

  // host:port, where it listens.
  const std::string& address() const { return address_; }
  std::unique_ptr<v1::TariffsService::Stub> NewStub() const;

  // What arrived, in order.
  std::vector<v1::ListRatesRequest> listed() const;
  std::vector<v1::FindSlotsRequest> found() const;

 private:
  grpc::Status ListRates(grpc::ServerContext* context, const v1::ListRatesRequest* request,
                         v1::ListRatesResponse* response) override;
  grpc::Status FindSlots(grpc::ServerContext* context, const v1::FindSlotsRequest* request,
                         v1::FindSlotsResponse* response) override;

  mutable std::mutex mutex_;
  std::vector<v1::ListRatesRequest> listed_;
  std::vector<v1::FindSlotsRequest> found_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_TESTING_FAKE_TARIFFS_SERVICE_H_
