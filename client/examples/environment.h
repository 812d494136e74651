// Where the examples' server is, and who calls: as the environment says.
#ifndef CLIENT_EXAMPLES_ENVIRONMENT_H_
#define CLIENT_EXAMPLES_ENVIRONMENT_H_

#include <memory>

#include "client/costs_client.h"

// COSTS_SERVER (default localhost:50051), COSTS_CA (a file: TLS), COSTS_TOKEN, or
// COSTS_ACCOUNT_ID and COSTS_API_KEY. Ends the program where it cannot connect.
std::unique_ptr<costs::Client> ConnectFromEnvironment();

// A charge of a car at the demo's location: 7.4 kW for the half hour of that number since
// 2022-02-01T00:00:00Z.
costs::v1::MeterRecordSubmission HalfHour(int number);

#endif  // CLIENT_EXAMPLES_ENVIRONMENT_H_
