// A program of another workspace: the library is its one dependency.
#include <iostream>

#include "client/costs_client.h"

int main(int argc, char** argv) {
  costs::ClientOptions options;
  options.address = argc > 1 ? argv[1] : "localhost:50051";
  options.timeout = absl::Seconds(5);
  const auto client = costs::Client::Connect(options);
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    return 1;
  }
  costs::v1::MeterRecordSubmission record;
  record.set_location_id("loc_641b90b758fb8e6293716e40");
  record.set_units(costs::v1::Units::W);
  record.set_value(20567);
  record.mutable_start_time()->set_seconds(1643711400);
  record.mutable_end_time()->set_seconds(1643713200);
  const absl::StatusOr<costs::v1::MeterRecord> priced = (*client)->CalculateInstantCost(record);
  if (!priced.ok()) {
    std::cerr << priced.status() << "\n";
    return 1;
  }
  std::cout << priced->data().tariff().value() << " " << priced->currency_code() << "\n";
}
