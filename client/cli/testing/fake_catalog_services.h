// The catalog's services for the client's tests, in this process, on a loopback
// port: they keep what they are sent.
//
// Not thread-safe beside a call.
#ifndef CLIENT_CLI_TESTING_FAKE_CATALOG_SERVICES_H_
#define CLIENT_CLI_TESTING_FAKE_CATALOG_SERVICES_H_

#include <memory>
#include <string>
#include <vector>

#include "energy/costs/v1/carbon_service.grpc.pb.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "grpcpp/server.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

class FakeCatalogServices {
 public:
  // Every call ends with `status`; uploads after their first message.
  explicit FakeCatalogServices(const grpc::Status& status = grpc::Status::OK);
  ~FakeCatalogServices();

  // host:port, where they listen.
  const std::string& address() const { return address_; }
  std::unique_ptr<v1::TariffsService::Stub> NewTariffsStub() const;
  std::unique_ptr<v1::CarbonService::Stub> NewCarbonStub() const;

  // What arrived, in its order.
  const std::vector<v1::UploadMarketPricesRequest>& prices() const { return tariffs_.prices; }
  const std::vector<v1::UploadIntensitiesRequest>& intensities() const { return carbon_.intensities; }
  const std::vector<v1::TariffElement>& elements() const { return tariffs_.elements; }
  const std::vector<v1::SpecialDayCalendar>& calendars() const { return tariffs_.calendars; }

 private:
  struct Tariffs final : v1::TariffsService::Service {
    grpc::Status UploadMarketPrices(grpc::ServerContext* context,
                                    grpc::ServerReader<v1::UploadMarketPricesRequest>* reader,
                                    v1::UploadMarketPricesResponse* response) override;
    grpc::Status CreateTariffElement(grpc::ServerContext* context, const v1::CreateTariffElementRequest* request,
                                     v1::TariffElement* response) override;
    grpc::Status CreateSpecialDayCalendar(grpc::ServerContext* context,
                                          const v1::CreateSpecialDayCalendarRequest* request,
                                          v1::SpecialDayCalendar* response) override;

    grpc::Status status;
    std::vector<v1::UploadMarketPricesRequest> prices;
    std::vector<v1::TariffElement> elements;
    std::vector<v1::SpecialDayCalendar> calendars;
  };
  struct Carbon final : v1::CarbonService::Service {
    grpc::Status UploadIntensities(grpc::ServerContext* context,
                                   grpc::ServerReader<v1::UploadIntensitiesRequest>* reader,
                                   v1::UploadIntensitiesResponse* response) override;

    grpc::Status status;
    std::vector<v1::UploadIntensitiesRequest> intensities;
  };

  Tariffs tariffs_;
  Carbon carbon_;
  std::string address_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace costs::cli

#endif  // CLIENT_CLI_TESTING_FAKE_CATALOG_SERVICES_H_
