#include "client/examples/environment.h"

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>

namespace {

std::string Variable(const char* name, const char* otherwise = "") {
  const char* const value = std::getenv(name);
  return value == nullptr ? otherwise : value;
}

}  // namespace

std::unique_ptr<costs::Client> ConnectFromEnvironment() {
  costs::ClientOptions options;
  options.address = Variable("COSTS_SERVER", "localhost:50051");
  options.token = Variable("COSTS_TOKEN");
  options.account_id = Variable("COSTS_ACCOUNT_ID");
  options.api_key = Variable("COSTS_API_KEY");
  if (const std::string ca = Variable("COSTS_CA"); !ca.empty()) {
    std::ifstream file(ca);
    options.tls.enabled = true;
    options.tls.ca_pem.assign(std::istreambuf_iterator<char>(file), {});
  }
  absl::StatusOr<std::unique_ptr<costs::Client>> client = costs::Client::Connect(options);
  if (!client.ok()) {
    std::cerr << client.status() << "\n";
    std::exit(1);
  }
  return *std::move(client);
}

costs::v1::MeterRecordSubmission HalfHour(int number) {
  constexpr int64_t kFirst = 1643673600;  // 2022-02-01T00:00:00Z
  costs::v1::MeterRecordSubmission record;
  record.set_location_id("loc_641b90b758fb8e6293716e40");
  record.set_units(costs::v1::Units::KW);
  record.set_value(7.4);
  record.mutable_start_time()->set_seconds(kFirst + number * 1800);
  record.mutable_end_time()->set_seconds(kFirst + (number + 1) * 1800);
  return record;
}
