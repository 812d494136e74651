// Sends imported prices and intensities to the server, in chunks of one stream,
// of which all is applied or nothing.
//
// The API's figures are doubles, so one with more digits than a double keeps
// (about 15) cannot be sent exactly, and is refused before anything is sent.
#ifndef CLIENT_CLI_SERIES_UPLOAD_H_
#define CLIENT_CLI_SERIES_UPLOAD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cli/progress.h"
#include "energy/costs/v1/carbon_service.grpc.pb.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "grpcpp/support/status.h"
#include "service/catalog/import/imported.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

// Entries in a message of the stream, as many as the API allows.
inline constexpr int kEntriesInAMessage = 10'000;

// INVALID_ARGUMENT, with the time and the figure, where one cannot be sent
// exactly.
absl::Status CheckSendable(const catalog::ImportedPrices& prices);
absl::Status CheckSendable(const catalog::ImportedIntensities& intensities);

// Both have been checked. `progress` is borrowed.
grpc::Status UploadPrices(const std::string& market_series, const catalog::ImportedPrices& prices, absl::Time deadline,
                          v1::TariffsService::StubInterface* stub, Progress* progress,
                          v1::UploadMarketPricesResponse* response);
grpc::Status UploadIntensities(const std::string& region, const catalog::ImportedIntensities& intensities,
                               absl::Time deadline, v1::CarbonService::StubInterface* stub, Progress* progress,
                               v1::UploadIntensitiesResponse* response);

}  // namespace costs::cli

#endif  // CLIENT_CLI_SERIES_UPLOAD_H_
