#include "service/rpc/tariffs_service.h"

#include "service/catalog/catalog.h"
#include "service/rpc/upload_call.h"

namespace costs::rpc {

namespace v1 = energy::costs::v1;

grpc::ServerUnaryReactor* TariffsService::CreateTariffElement(grpc::CallbackServerContext* context,
                                                              const v1::CreateTariffElementRequest* request,
                                                              v1::TariffElement* response) {
  return calls_->Start(context, &catalog::Catalog::CreateTariffElement, request, response);
}

grpc::ServerUnaryReactor* TariffsService::GetTariffElement(grpc::CallbackServerContext* context,
                                                           const v1::GetTariffElementRequest* request,
                                                           v1::TariffElement* response) {
  return calls_->Start(context, &catalog::Catalog::GetTariffElement, request, response);
}

grpc::ServerUnaryReactor* TariffsService::ListTariffElements(grpc::CallbackServerContext* context,
                                                             const v1::ListTariffElementsRequest* request,
                                                             v1::ListTariffElementsResponse* response) {
  return calls_->Start(context, &catalog::Catalog::ListTariffElements, request, response);
}

grpc::ServerUnaryReactor* TariffsService::UpdateTariffElement(grpc::CallbackServerContext* context,
                                                              const v1::UpdateTariffElementRequest* request,
                                                              v1::TariffElement* response) {
  return calls_->Start(context, &catalog::Catalog::UpdateTariffElement, request, response);
}

grpc::ServerUnaryReactor* TariffsService::DeleteTariffElement(grpc::CallbackServerContext* context,
                                                              const v1::DeleteTariffElementRequest* request,
                                                              google::protobuf::Empty* response) {
  return calls_->Start(context, &catalog::Catalog::DeleteTariffElement, request, response);
}

grpc::ServerUnaryReactor* TariffsService::CreateSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                                   const v1::CreateSpecialDayCalendarRequest* request,
                                                                   v1::SpecialDayCalendar* response) {
  return calls_->Start(context, &catalog::Catalog::CreateSpecialDayCalendar, request, response);
}

grpc::ServerUnaryReactor* TariffsService::GetSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                                const v1::GetSpecialDayCalendarRequest* request,
                                                                v1::SpecialDayCalendar* response) {
  return calls_->Start(context, &catalog::Catalog::GetSpecialDayCalendar, request, response);
}

grpc::ServerUnaryReactor* TariffsService::ListSpecialDayCalendars(grpc::CallbackServerContext* context,
                                                                  const v1::ListSpecialDayCalendarsRequest* request,
                                                                  v1::ListSpecialDayCalendarsResponse* response) {
  return calls_->Start(context, &catalog::Catalog::ListSpecialDayCalendars, request, response);
}

grpc::ServerUnaryReactor* TariffsService::UpdateSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                                   const v1::UpdateSpecialDayCalendarRequest* request,
                                                                   v1::SpecialDayCalendar* response) {
  return calls_->Start(context, &catalog::Catalog::UpdateSpecialDayCalendar, request, response);
}

grpc::ServerUnaryReactor* TariffsService::DeleteSpecialDayCalendar(grpc::CallbackServerContext* context,
                                                                   const v1::DeleteSpecialDayCalendarRequest* request,
                                                                   google::protobuf::Empty* response) {
  return calls_->Start(context, &catalog::Catalog::DeleteSpecialDayCalendar, request, response);
}

grpc::ServerReadReactor<grpc::ByteBuffer>* TariffsService::UploadMarketPrices(grpc::CallbackServerContext* context,
                                                                              grpc::ByteBuffer* response) {
  using Call =
      UploadCall<v1::UploadMarketPricesRequest, v1::UploadMarketPricesResponse, catalog::Catalog::MarketUpload>;
  return Call::Start(calls_, &catalog::Catalog::BeginMarketUpload, context, response);
}

template <typename Request, typename Response>
grpc::ServerUnaryReactor* TariffsService::Compute(grpc::CallbackServerContext* context,
                                                  const RatesFunctions::Function<Request, Response>& function,
                                                  const Request* request, Response* response) {
  if (function == nullptr) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status(grpc::StatusCode::UNIMPLEMENTED, "this server computes no rates"));
    return reactor;
  }
  return calls_->StartReading(context, [&function, request, response](const catalog::Tenant& tenant) {
    return function(tenant, *request, response);
  });
}

grpc::ServerUnaryReactor* TariffsService::ListRates(grpc::CallbackServerContext* context,
                                                    const v1::ListRatesRequest* request,
                                                    v1::ListRatesResponse* response) {
  return Compute(context, rates_.list_rates, request, response);
}

grpc::ServerUnaryReactor* TariffsService::AuditRates(grpc::CallbackServerContext* context,
                                                     const v1::AuditRatesRequest* request,
                                                     v1::AuditRatesResponse* response) {
  return Compute(context, rates_.audit_rates, request, response);
}

grpc::ServerUnaryReactor* TariffsService::FindSlots(grpc::CallbackServerContext* context,
                                                    const v1::FindSlotsRequest* request,
                                                    v1::FindSlotsResponse* response) {
  return Compute(context, rates_.find_slots, request, response);
}

}  // namespace costs::rpc
