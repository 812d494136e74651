// Prices one meter record, and says what an error has to say.
#include <iostream>

#include "client/costs_client.h"
#include "client/examples/environment.h"

int main(int argc, char** argv) {
  const std::unique_ptr<costs::Client> client = ConnectFromEnvironment();
  costs::v1::MeterRecordSubmission record = HalfHour(21);
  if (argc > 1) record.set_location_id(argv[1]);
  if (argc > 2) record.set_value(std::atof(argv[2]));

  const absl::StatusOr<costs::v1::MeterRecord> priced = client->CalculateInstantCost(record);
  if (!priced.ok()) {
    std::cout << costs::ReasonOf(priced.status()) << ": " << priced.status().message() << "\n";
    for (const costs::FieldViolation& violation : costs::ViolationsOf(priced.status())) {
      std::cout << violation.field << " " << violation.description << "\n";
    }
    return 1;
  }
  std::cout << priced->data().energy().value() << " Wh, " << priced->data().tariff().value() << " "
            << priced->currency_code() << ", " << priced->data().carbon().value() << " g\n";
}
