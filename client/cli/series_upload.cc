#include "client/cli/series_upload.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "grpcpp/client_context.h"
#include "service/catalog/import/import_time.h"

namespace costs::cli {
namespace {

using engine::CarbonIntensity;
using engine::Decimal;
using engine::MarketPrice;

bool IsKept(const Decimal& value) {
  const absl::StatusOr<Decimal> back = Decimal::FromDouble(value.ToDouble());
  return back.ok() && *back == value;
}

absl::Status CheckFigure(const engine::Interval& interval, const Decimal& value) {
  if (IsKept(value)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the figure at ", catalog::UtcText(interval.start), " is ", value.ToString(),
      ", which has more digits than the API's numbers keep (about 15); round it, or write a file with --write_csv"));
}

template <typename Message>
void SetTimes(const engine::Interval& interval, Message* message) {
  message->mutable_valid_from()->set_seconds(interval.start.ns / engine::kNanosPerSecond);
  message->mutable_valid_to()->set_seconds(interval.end.ns / engine::kNanosPerSecond);
}

void Add(const MarketPrice& price, v1::UploadMarketPricesRequest* request) {
  v1::MarketPrice* const message = request->add_prices();
  SetTimes(price.interval, message);
  message->set_rate(price.per_kwh.ToDouble());
}

void Add(const CarbonIntensity& intensity, v1::UploadIntensitiesRequest* request) {
  v1::CarbonIntensity* const message = request->add_intensities();
  SetTimes(intensity.interval, message);
  if (intensity.forecast) message->set_forecast(intensity.forecast->ToDouble());
  if (intensity.actual) message->set_actual(intensity.actual->ToDouble());
}

// `header`: what each message has besides its entries.
template <typename Request, typename Entry>
grpc::Status Send(const Request& header, const std::vector<Entry>& entries,
                  grpc::ClientWriterInterface<Request>* writer, Progress* progress) {
  for (size_t sent = 0; sent < entries.size();) {
    const size_t end = std::min(entries.size(), sent + kEntriesInAMessage);
    Request request = header;
    for (; sent < end; ++sent) Add(entries[sent], &request);
    // The call has ended; Finish() says why.
    if (!writer->Write(request)) break;
    progress->Update(static_cast<int64_t>(sent), static_cast<int64_t>(sent));
  }
  writer->WritesDone();
  grpc::Status status = writer->Finish();
  progress->Clear();
  return status;
}

}  // namespace

absl::Status CheckSendable(const catalog::ImportedPrices& prices) {
  for (const MarketPrice& price : prices.prices) {
    if (absl::Status status = CheckFigure(price.interval, price.per_kwh); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckSendable(const catalog::ImportedIntensities& intensities) {
  for (const CarbonIntensity& intensity : intensities.intensities) {
    for (const std::optional<Decimal>& figure : {intensity.forecast, intensity.actual}) {
      if (!figure) continue;
      if (absl::Status status = CheckFigure(intensity.interval, *figure); !status.ok()) return status;
    }
  }
  return absl::OkStatus();
}

grpc::Status UploadPrices(const std::string& market_series, const catalog::ImportedPrices& prices, absl::Time deadline,
                          v1::TariffsService::StubInterface* stub, Progress* progress,
                          v1::UploadMarketPricesResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  v1::UploadMarketPricesRequest header;
  header.set_market_series(market_series);
  header.set_currency_code(prices.currency_code);
  const auto writer = stub->UploadMarketPrices(&context, response);
  return Send(header, prices.prices, writer.get(), progress);
}

grpc::Status UploadIntensities(const std::string& region, const catalog::ImportedIntensities& intensities,
                               absl::Time deadline, v1::CarbonService::StubInterface* stub, Progress* progress,
                               v1::UploadIntensitiesResponse* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(deadline));
  v1::UploadIntensitiesRequest header;
  header.set_region(region);
  const auto writer = stub->UploadIntensities(&context, response);
  return Send(header, intensities.intensities, writer.get(), progress);
}

}  // namespace costs::cli
