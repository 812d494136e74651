#include "service/rest/rates_routes.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "energy/costs/v1/tariffs_service.pb.h"
#include "service/catalog/tenant.h"
#include "service/rest/blocking_handler.h"
#include "service/rest/caller_time.h"
#include "service/rest/document_reader.h"
#include "service/rest/document_writer.h"
#include "service/rest/exchange.h"
#include "service/rest/http_error.h"
#include "service/rest/request_target.h"

namespace costs::rest {
namespace {

namespace v1 = energy::costs::v1;
using rates::LocationRates;
using Names = std::vector<absl::string_view>;

// The offset of the period's end; UTC where that is no time.
UtcOffset OffsetOf(const Query& query) {
  for (const auto& [key, value] : query) {
    if (key != "end_time") continue;
    if (absl::StatusOr<CallerTime> time = ParseCallerTime(value); time.ok()) return time->offset;
  }
  return UtcOffset();
}

template <typename Asked, typename Answered>
Handler HandlerOf(const LocationRates* rates, executor::CatalogThreads* threads,
                  absl::Status (LocationRates::*method)(const catalog::Tenant&, const Asked&, Answered*) const,
                  Names names) {
  return BlockingHandler(&threads->reading, [rates, method, names = std::move(names)](const Request& request) {
    Asked asked;
    Answered answered;
    const Query query = WithPlusInTimes(request.query);
    absl::Status status = ReadQuery(query, names, &asked);
    if (status.ok()) {
      asked.set_location_id(request.parameters[0]);
      status = (rates->*method)(request.identity->tenant, asked, &answered);
    }
    if (!status.ok()) return Refused(ErrorFromStatus(status));
    Answer answer;
    answer.body = WriteDocument(answered, OffsetOf(query));
    return answer;
  });
}

}  // namespace

std::vector<Route> RatesRoutes(const LocationRates* rates, executor::CatalogThreads* threads) {
  return {
      {"GET", "/tariffs/rates/{location_id}", "api.tariffs_rates", 0,
       HandlerOf(rates, threads, &LocationRates::List,
                 {"start_time", "end_time", "direction", "include_tariff", "include_carbon", "resolution",
                  "usage_before_wh"})},
      {"GET", "/tariffs/audit/{location_id}", "api.tariffs_audit", 0,
       HandlerOf(rates, threads, &LocationRates::Audit, {"start_time", "end_time", "direction", "usage_before_wh"})},
      {"GET", "/slots/time/{location_id}", "api.slots_time", 0,
       HandlerOf(rates, threads, &LocationRates::Find,
                 {"start_time", "end_time", "direction", "segment", "duration", "contiguous"})},
  };
}

}  // namespace costs::rest
