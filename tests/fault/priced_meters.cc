#include "tests/fault/priced_meters.h"

#include <google/protobuf/util/json_util.h>

#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "energy/costs/v1/locations_service.grpc.pb.h"
#include "energy/costs/v1/meter_records_service.grpc.pb.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"

namespace costs::fault {
namespace {

namespace v1 = energy::costs::v1;

constexpr size_t kMostFaults = 10;
constexpr absl::Duration kPatience = absl::Minutes(3);
constexpr int64_t kQuartersPerTier = 400'000;  // quarters of a Wh in 100 kWh

std::string Element(const std::string& location, const std::string& hours) {
  return absl::StrCat(R"({"tariff_element": {"id": "trf_)", location, R"(", "location_id": ")", location,
                      R"(", "direction": "IMPORT", "type": "COMMODITY", "contract_start_date": "2020-01-01T00:00:00Z",
                         "schedule": [{"days_and_hours": [{"hours": [)",
                      hours, "]}]}]}}");
}

const std::map<std::string, std::string>& Elements() {
  static const auto* const elements = new std::map<std::string, std::string>{
      {"loc_flat", Element("loc_flat", R"({"rate": [{"fixed": 0.25}]})")},
      {"loc_night", Element("loc_night",
                            R"({"valid_from": "00:00:00", "valid_to": "06:00:00", "rate": [{"fixed": 0.125}]},
                               {"valid_from": "06:00:00", "valid_to": "00:00:00", "rate": [{"fixed": 0.25}]})")},
      {"loc_tiers", Element("loc_tiers", R"({"rate": [{"fixed": 0.1, "to_kwh": 100}, {"fixed": 0.3}]})")},
  };
  return *elements;
}

int64_t HalfEven(int64_t numerator, int64_t denominator) {
  int64_t quotient = numerator / denominator;
  const int64_t twice = (numerator % denominator) * 2;
  if (twice > denominator || (twice == denominator && quotient % 2 != 0)) ++quotient;
  return quotient;
}

int64_t Quarters(double wh) { return std::llround(wh * 4); }
int64_t Micros(double cost) { return std::llround(cost * 1e6); }

// What records cost, in micros, where all of a location's are given in the order of
// time.
class HandPricer {
 public:
  int64_t Price(const FedRecord& record) {
    const int64_t quarters = Quarters(record.wh);
    if (record.location_id == "loc_flat") return HalfEven(quarters * 625, 10);
    if (record.location_id == "loc_night") {
      return record.start_s % 86'400 < 6 * 3'600 ? HalfEven(quarters * 3'125, 100) : HalfEven(quarters * 625, 10);
    }
    const absl::CivilMonth month(absl::ToCivilSecond(absl::FromUnixSeconds(record.start_s), absl::UTCTimeZone()));
    if (month != month_) used_ = 0;
    month_ = month;
    const int64_t low = std::min(quarters, std::max<int64_t>(kQuartersPerTier - used_, 0));
    used_ += quarters;
    return low * 25 + (quarters - low) * 75;
  }

 private:
  absl::CivilMonth month_;
  int64_t used_ = 0;
};

class Checker {
 public:
  Checker(const std::string& address, const std::vector<FedRecord>& records)
      : channel_(grpc::CreateChannel(address, grpc::InsecureChannelCredentials())), fed_(records) {}

  std::vector<std::string> Run() {
    for (const std::string& location : PricedLocations()) {
      const absl::Time deadline = absl::Now() + kPatience;
      // Until the tiers of what came late are priced anew.
      do {
        faults_.clear();
        CheckLocation(location);
        if (faults_.empty()) break;
        absl::SleepFor(absl::Milliseconds(200));
      } while (location == "loc_tiers" && absl::Now() < deadline);
      if (!faults_.empty()) break;
    }
    return faults_;
  }

 private:
  void Fault(std::string fault) {
    if (faults_.size() < kMostFaults) faults_.push_back(std::move(fault));
  }

  bool List(const std::string& location, std::map<std::string, v1::MeterRecord>* stored) {
    auto stub = v1::MeterRecordsService::NewStub(channel_);
    v1::ListMeterRecordsRequest request;
    request.set_location_id(location);
    request.set_page_size(1000);
    do {
      grpc::ClientContext context;
      v1::ListMeterRecordsResponse page;
      const grpc::Status status = stub->ListMeterRecords(&context, request, &page);
      if (!status.ok()) {
        Fault(absl::StrCat("ListMeterRecords: ", status.error_message()));
        return false;
      }
      for (const v1::MeterRecord& record : page.data()) {
        if (!stored->emplace(record.id(), record).second) Fault(absl::StrCat(record.id(), " is listed twice"));
      }
      request.set_page_token(page.next_page_token());
    } while (!request.page_token().empty());
    return true;
  }

  void CheckLocation(const std::string& location) {
    std::map<std::string, v1::MeterRecord> stored;
    if (!List(location, &stored)) return;
    HandPricer pricer;
    int64_t total = 0, first = 0, last = 0;
    std::set<std::string> fed;
    for (const FedRecord& record : fed_) {
      if (record.location_id != location) continue;
      const int64_t expected = pricer.Price(record);
      total += expected;
      if (first == 0) first = record.start_s;
      last = record.start_s;
      fed.insert(record.id);
      const std::string name = absl::StrCat(location, " at ", record.start_s, " (", record.id, ")");
      // A record with tiers that was answered before an earlier one was stored may
      // have told less than it costs in the end.
      if (location != "loc_tiers" && Micros(record.cost) != expected) {
        Fault(absl::StrCat(name, " was answered with ", Micros(record.cost), ", not ", expected));
      }
      const auto found = stored.find(record.id);
      if (found == stored.end()) {
        Fault(absl::StrCat(name, " was acknowledged and is not there"));
      } else if (Micros(found->second.data().tariff().value()) != expected) {
        Fault(absl::StrCat(name, " costs ", Micros(found->second.data().tariff().value()), ", not ", expected));
      }
    }
    for (const auto& [id, record] : stored) {
      if (fed.count(id) == 0) Fault(absl::StrCat(id, " is there and was never acknowledged"));
    }
    if (first != 0) CheckReport(location, first, last + 1'800, total);
  }

  void CheckReport(const std::string& location, int64_t first, int64_t end, int64_t total) {
    v1::GetIntervalCostsRequest request;
    request.set_id(location);
    request.mutable_period()->mutable_start_time()->set_seconds(first);
    request.mutable_period()->mutable_end_time()->set_seconds(end);
    request.set_aggregation(v1::Aggregation::DAY);
    grpc::ClientContext context;
    v1::GetIntervalCostsResponse response;
    const grpc::Status status = v1::CostsService::NewStub(channel_)->GetIntervalCosts(&context, request, &response);
    if (!status.ok()) return Fault(absl::StrCat("GetIntervalCosts: ", status.error_message()));
    int64_t reported = 0;
    for (const v1::MeterRecordData& day : response.data()) reported += Micros(day.tariff().value());
    if (reported != total) Fault(absl::StrCat(location, ": the days cost ", reported, ", the records ", total));
  }

  const std::shared_ptr<grpc::Channel> channel_;
  const std::vector<FedRecord>& fed_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> PricedLocations() { return {"loc_flat", "loc_night", "loc_tiers"}; }

std::string CreatePricedLocations(const std::string& address) {
  const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
  auto locations = v1::LocationsService::NewStub(channel);
  auto tariffs = v1::TariffsService::NewStub(channel);
  for (const auto& [id, json] : Elements()) {
    v1::CreateLocationRequest location;
    location.mutable_location()->set_id(id);
    location.mutable_location()->set_timezone("UTC");
    location.mutable_location()->set_currency_code("GBP");
    v1::Location made;
    grpc::ClientContext first, second;
    grpc::Status status = locations->CreateLocation(&first, location, &made);
    if (status.error_code() == grpc::StatusCode::ALREADY_EXISTS) continue;
    if (!status.ok()) return status.error_message();
    v1::CreateTariffElementRequest element;
    const auto parsed = google::protobuf::util::JsonStringToMessage(json, &element);
    if (!parsed.ok()) return parsed.ToString();
    v1::TariffElement created;
    status = tariffs->CreateTariffElement(&second, element, &created);
    if (!status.ok()) return status.error_message();
  }
  return "";
}

std::vector<std::string> FindFaults(const std::string& address, const std::vector<FedRecord>& records) {
  return Checker(address, records).Run();
}

}  // namespace costs::fault
