// What changes of the served catalog cost, on disk: a commit, a day of prices for
// 1,000 series, a million prices, and opening a store.
//
//   bazel run --config=opt //tests/bench:catalog_store_bench
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "service/catalog/catalog.h"

namespace costs::catalog {
namespace {

const Tenant kTenant = {"acc_1", true};

void Require(const absl::Status& status) {
  if (status.ok()) return;
  fprintf(stderr, "%s\n", status.ToString().c_str());
  abort();
}

// A store in a folder of its own.
class Store {
 public:
  Store() {
    std::string name = (std::filesystem::temp_directory_path() / "catalogXXXXXX").string();
    folder_ = mkdtemp(&name[0]);
    Open();
  }
  ~Store() {
    catalog_.reset();
    std::filesystem::remove_all(folder_);
  }

  void Open() {
    catalog_.reset();
    Catalog::Options options;
    options.store = (folder_ / "store").string();
    options.tenant = kTenant;
    absl::StatusOr<std::unique_ptr<Catalog>> catalog = Catalog::Open(options);
    Require(catalog.status());
    catalog_ = *std::move(catalog);
  }

  Catalog* operator->() { return catalog_.get(); }

  // Half-hourly prices of some series, from a day on.
  void Upload(int series, int prices, int first, double rate) {
    std::unique_ptr<Catalog::MarketUpload> upload = catalog_->BeginMarketUpload();
    constexpr int kOfAMessage = 10'000;
    for (int s = 0; s < series; ++s) {
      for (int begin = 0; begin < prices; begin += kOfAMessage) {
        pb::UploadMarketPricesRequest request;
        request.set_market_series(absl::StrCat("series-", s));
        request.set_currency_code("GBP");
        for (int i = begin; i < std::min(prices, begin + kOfAMessage); ++i) {
          pb::MarketPrice* price = request.add_prices();
          price->mutable_valid_from()->set_seconds((first + i) * int64_t{1800});
          price->mutable_valid_to()->set_seconds((first + i + 1) * int64_t{1800});
          price->set_rate(rate);
        }
        Require(upload->Add(request));
      }
    }
    pb::UploadMarketPricesResponse response;
    Require(upload->Commit(&response));
  }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<Catalog> catalog_;
};

pb::CreateLocationRequest Home() {
  pb::CreateLocationRequest request;
  request.mutable_location()->set_timezone("Europe/London");
  request.mutable_location()->set_currency_code("GBP");
  return request;
}

void BM_CreateLocation(benchmark::State& state) {
  Store store;
  pb::Location location;
  for (auto _ : state) Require(store->CreateLocation(Home(), &location));
}
BENCHMARK(BM_CreateLocation)->Unit(benchmark::kMicrosecond);

void BM_GetLocation(benchmark::State& state) {
  Store store;
  pb::Location location;
  Require(store->CreateLocation(Home(), &location));
  pb::GetLocationRequest request;
  request.set_id(location.id());
  for (auto _ : state) Require(store->GetLocation(request, &location));
}
BENCHMARK(BM_GetLocation)->Unit(benchmark::kMicrosecond);

void BM_UploadDayOf1000Series(benchmark::State& state) {
  Store store;
  constexpr int kYear = 365 * 48;
  store.Upload(1000, kYear / 5, 0, 0.25);
  int day = kYear / 5;
  for (auto _ : state) {
    store.Upload(1000, 48, day, 0.5);
    day += 48;
  }
}
BENCHMARK(BM_UploadDayOf1000Series)->Unit(benchmark::kMillisecond)->Iterations(10);

void BM_UploadMillionPrices(benchmark::State& state) {
  Store store;
  int round = 0;
  for (auto _ : state) store.Upload(1, 1'000'000, 0, ++round);
}
BENCHMARK(BM_UploadMillionPrices)->Unit(benchmark::kMillisecond)->Iterations(2);

void BM_OpenStore(benchmark::State& state) {
  Store store;
  CatalogDocuments documents;
  for (int i = 0; i < state.range(0); ++i) {
    pb::Location location = Home().location();
    location.set_id(absl::StrCat("loc_", i));
    documents.locations.push_back(std::move(location));
  }
  Require(store->Replace(documents));
  for (auto _ : state) store.Open();
}
BENCHMARK(BM_OpenStore)->Arg(1'000)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace costs::catalog
