// energy.costs.v1.TariffsService over the served catalog: tariff elements,
// special-day calendars, market prices, and the rates that they come to.
#ifndef SERVICE_RPC_TARIFFS_SERVICE_H_
#define SERVICE_RPC_TARIFFS_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "service/catalog/tenant.h"
#include "service/rpc/catalog_calls.h"

namespace costs::rpc {

namespace tariffs_service_internal {
using Api = energy::costs::v1::TariffsService;
// The upload's messages as bytes (see upload_call.h).
using Methods = Api::WithRawCallbackMethod_UploadMarketPrices<Api::CallbackService>;
}  // namespace tariffs_service_internal

// The calls that compute rather than look up. Thread-safe functions, which may
// take some milliseconds; one that is null answers UNIMPLEMENTED.
struct RatesFunctions {
  template <typename Request, typename Response>
  using Function = std::function<absl::Status(const catalog::Tenant&, const Request&, Response*)>;

  Function<energy::costs::v1::ListRatesRequest, energy::costs::v1::ListRatesResponse> list_rates;
  Function<energy::costs::v1::AuditRatesRequest, energy::costs::v1::AuditRatesResponse> audit_rates;
  Function<energy::costs::v1::FindSlotsRequest, energy::costs::v1::FindSlotsResponse> find_slots;
};

// Thread-safe. `calls` outlives the server that this is registered with.
class TariffsService final : public tariffs_service_internal::Methods {
 public:
  TariffsService(CatalogCalls* calls, RatesFunctions rates) : calls_(calls), rates_(std::move(rates)) {}

  grpc::ServerUnaryReactor* CreateTariffElement(grpc::CallbackServerContext* context,
                                                const energy::costs::v1::CreateTariffElementRequest* request,
                                                energy::costs::v1::TariffElement* response) override;
  grpc::ServerUnaryReactor* GetTariffElement(grpc::CallbackServerContext* context,
                                             const energy::costs::v1::GetTariffElementRequest* request,
                                             energy::costs::v1::TariffElement* response) override;
  grpc::ServerUnaryReactor* ListTariffElements(grpc::CallbackServerContext* context,
                                               const energy::costs::v1::ListTariffElementsRequest* request,
                                               energy::costs::v1::ListTariffElementsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateTariffElement(grpc::CallbackServerContext* context,
                                                const energy::costs::v1::UpdateTariffElementRequest* request,
                                                energy::costs::v1::TariffElement* response) override;
  grpc::ServerUnaryReactor* DeleteTariffElement(grpc::CallbackServerContext* context,
                                                const energy::costs::v1::DeleteTariffElementRequest* request,
                                                google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* CreateSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                     const energy::costs::v1::CreateSpecialDayCalendarRequest* request,
                                                     energy::costs::v1::SpecialDayCalendar* response) override;
  grpc::ServerUnaryReactor* GetSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                  const energy::costs::v1::GetSpecialDayCalendarRequest* request,
                                                  energy::costs::v1::SpecialDayCalendar* response) override;
  grpc::ServerUnaryReactor* ListSpecialDayCalendars(
      grpc::CallbackServerContext* context, const energy::costs::v1::ListSpecialDayCalendarsRequest* request,
      energy::costs::v1::ListSpecialDayCalendarsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                     const energy::costs::v1::UpdateSpecialDayCalendarRequest* request,
                                                     energy::costs::v1::SpecialDayCalendar* response) override;
  grpc::ServerUnaryReactor* DeleteSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                     const energy::costs::v1::DeleteSpecialDayCalendarRequest* request,
                                                     google::protobuf::Empty* response) override;
  grpc::ServerReadReactor<grpc::ByteBuffer>* UploadMarketPrices(grpc::CallbackServerContext* context,
                                                                grpc::ByteBuffer* response) override;

  grpc::ServerUnaryReactor* ListRates(grpc::CallbackServerContext* context,
                                      const energy::costs::v1::ListRatesRequest* request,
                                      energy::costs::v1::ListRatesResponse* response) override;
  grpc::ServerUnaryReactor* AuditRates(grpc::CallbackServerContext* context,
                                       const energy::costs::v1::AuditRatesRequest* request,
                                       energy::costs::v1::AuditRatesResponse* response) override;
  grpc::ServerUnaryReactor* FindSlots(grpc::CallbackServerContext* context,
                                      const energy::costs::v1::FindSlotsRequest* request,
                                      energy::costs::v1::FindSlotsResponse* response) override;

 private:
  // Runs one of rates_.
  template <typename Request, typename Response>
  grpc::ServerUnaryReactor* Compute(grpc::CallbackServerContext* context,
                                    const RatesFunctions::Function<Request, Response>& function, const Request* request,
                                    Response* response);

  CatalogCalls* const calls_;
  const RatesFunctions rates_;
};

}  // namespace costs::rpc

#endif  // SERVICE_RPC_TARIFFS_SERVICE_H_
