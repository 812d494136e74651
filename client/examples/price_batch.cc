// Prices a day of half hours in one call, each with its own outcome, and meanwhile a single
// record without waiting for it.
#include <future>
#include <iostream>
#include <vector>

#include "client/costs_client.h"
#include "client/examples/environment.h"

int main() {
  const std::unique_ptr<costs::Client> client = ConnectFromEnvironment();
  costs::CallOptions options;
  options.non_persistent = true;  // a simulation: nothing is stored
  options.timeout = absl::Seconds(10);

  std::promise<absl::StatusOr<costs::v1::MeterRecord>> single;
  client->CalculateInstantCost(HalfHour(48), options, [&single](absl::StatusOr<costs::v1::MeterRecord> priced) {
    single.set_value(std::move(priced));
  });

  std::vector<costs::v1::MeterRecordSubmission> day;
  for (int i = 0; i < 48; ++i) day.push_back(HalfHour(i));
  day[7].set_location_id("loc_of_nobody");
  const absl::StatusOr<costs::Client::BatchOutcomes> outcomes = client->BatchCalculateInstantCosts(day, options);
  if (!outcomes.ok()) {
    std::cerr << outcomes.status() << "\n";
    return 1;
  }
  double cost = 0;
  for (const absl::StatusOr<costs::v1::MeterRecord>& outcome : *outcomes) {
    if (outcome.ok()) {
      cost += outcome->data().tariff().value();
    } else {
      std::cout << costs::ReasonOf(outcome.status()) << "\n";
    }
  }
  std::cout << "the day: " << cost << "\n";

  const absl::StatusOr<costs::v1::MeterRecord> next = single.get_future().get();
  if (!next.ok()) {
    std::cerr << next.status() << "\n";
    return 1;
  }
  std::cout << "the next half hour: " << next->data().tariff().value() << "\n";
}
