// The calls of the Catalog that are about market prices and carbon intensities.
#include <algorithm>
#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/catalog_calls.h"
#include "service/catalog/catalog_impl.h"
#include "service/catalog/document_fields.h"
#include "service/catalog/names.h"
#include "service/catalog/series_table.h"
#include "service/catalog/upload_stage.h"
#include "service/catalog/violations.h"

namespace costs::catalog {
namespace {

constexpr int64_t kLargestPrice = 1'000'000'000;
constexpr int64_t kLargestIntensity = 1'000'000'000;
constexpr int kMostIntensities = 10'000;  // on a page
constexpr int kDefaultIntensities = 1'000;
// So many entries are applied at a time, however many an upload has.
constexpr size_t kSlice = 100'000;

constexpr UploadWords kMarketWords = {"market_series", "prices", "series"};
constexpr UploadWords kCarbonWords = {"region", "intensities", "region"};

// Makes of a series the next one, and writes what is different to the store.
template <typename Series, typename Entry, typename EntriesIn>
absl::Status ApplySlice(const Change& change, int64_t row, const std::vector<Entry>& slice, EntriesIn entries_in,
                        Series* series, int64_t* changed_count) {
  std::vector<engine::Interval> changed;
  const bool fresh = series->empty() || slice.front().interval.start >= series->end();
  absl::StatusOr<Series> next = series->With(slice, &changed);
  if (!next.ok()) return next.status();
  std::vector<Entry> entries;
  entries.reserve(changed.size());
  for (const engine::Interval& interval : changed) entries.push_back(entries_in(*next, interval));
  *changed_count += static_cast<int64_t>(changed.size());
  *series = *std::move(next);
  SeriesTable table(change.database(), change.tenant());
  const absl::Status status = table.Write(row, entries, fresh);
  return status.ok() ? status : StoreRefusal(status);
}

class MarketUploadImpl : public Catalog::MarketUpload {
 public:
  MarketUploadImpl(Catalog::Impl* impl) : impl_(impl), stage_(impl->options.limits, kMarketWords) {
    if (absl::Status status = CheckWritable(*impl); !status.ok()) stage_.Fail(status).IgnoreError();
  }

  absl::Status Add(const pb::UploadMarketPricesRequest& request) override {
    return stage_.Add(request.market_series(), request.prices_size(), [&](size_t series, Violations* faults) {
      const FieldPath root;
      CheckCurrency(request.currency_code(), root.Field("currency_code"), faults);
      if (currencies_.size() <= series) currencies_.resize(series + 1);
      std::string& currency = currencies_[series];
      if (!currency.empty() && !request.currency_code().empty() && currency != request.currency_code()) {
        faults->Add(root.Field("currency_code"),
                    absl::StrCat("is ", request.currency_code(), ", but was ", currency, " before for the series ",
                                 request.market_series(), "; a series has one currency"));
      }
      if (currency.empty()) currency = request.currency_code();
      const FieldPath prices = root.Field("prices");
      for (int i = 0; i < request.prices_size() && !faults->full(); ++i) {
        const FieldPath at = prices.At(i);
        const pb::MarketPrice& price = request.prices(i);
        const FieldPath rate = at.Field("rate");
        StagedEntry entry;
        entry.interval = ReadUploadInterval(price, at, faults);
        if (!price.has_rate()) faults->Add(rate, "is required; write the price of a kWh in major units");
        const auto value = ReadDecimal(price.rate(), -kLargestPrice, kLargestPrice, rate, faults);
        if (value) entry.first = NanosOf(*value);
        stage_.Put(entry, faults);
      }
    });
  }

  absl::Status Commit(pb::UploadMarketPricesResponse* response) override {
    if (absl::Status status = stage_.Close(); !status.ok()) return status;
    Change change(impl_);
    if (!change.status().ok()) return stage_.Fail(change.status());
    int64_t changed_count = 0;
    for (size_t i = 0; i < stage_.names().size(); ++i) {
      if (absl::Status status = Apply(i, &change, &changed_count); !status.ok()) return stage_.Fail(status);
    }
    const uint64_t version = change.parts.market.empty() ? change.snapshot().version() : change.next_version();
    if (absl::Status status = change.Commit("prices"); !status.ok()) return stage_.Fail(status);
    pb::UploadMarketPricesResponse answer;
    answer.set_series_count(static_cast<int32_t>(stage_.names().size()));
    answer.set_received_count(static_cast<int32_t>(stage_.size()));
    answer.set_changed_count(static_cast<int32_t>(changed_count));
    answer.set_catalog_version(absl::StrCat(version));
    *response = std::move(answer);
    return absl::OkStatus();
  }

 private:
  // The stored series, or an empty one.
  absl::StatusOr<engine::MarketSeries> Before(const Change& change, const std::string& id,
                                              const std::string& currency) {
    const std::shared_ptr<const engine::MarketSeries> known = change.snapshot().FindMarket(id);
    if (known == nullptr && currency.empty()) {
      return Invalid(
          {{"currency_code", absl::StrCat("is required for the new series ", id, "; write ", kCurrencyWanted)}});
    }
    if (known == nullptr) return engine::MarketSeries::Create(id, currency, {});
    if (!currency.empty() && currency != known->currency_code()) {
      return Invalid({{"currency_code", absl::StrCat("is ", currency, ", but the series ", id, " is in ",
                                                     known->currency_code(), "; a series has one currency")}});
    }
    return *known;
  }

  absl::Status Apply(size_t index, Change* change, int64_t* changed_count) {
    const std::string& id = stage_.names()[index];
    absl::StatusOr<engine::MarketSeries> series = Before(*change, id, currencies_[index]);
    if (!series.ok()) return series.status();
    const absl::StatusOr<int64_t> row =
        SeriesTable(change->database(), change->tenant()).MarketRow(id, series->currency_code());
    if (!row.ok()) return StoreRefusal(row.status());
    const int64_t before = *changed_count;
    std::vector<engine::MarketPrice> slice;
    const auto apply = [&] {
      const absl::Status status = ApplySlice(
          *change, *row, slice,
          [](const engine::MarketSeries& s, const engine::Interval& i) { return s.PricesIn(i, 1).front(); }, &*series,
          changed_count);
      slice.clear();
      return status;
    };
    absl::Status status = stage_.Visit(index, [&](const StagedEntry& entry) {
      slice.push_back({entry.interval, DecimalOf(*entry.first)});
      return slice.size() < kSlice ? absl::OkStatus() : apply();
    });
    if (status.ok() && !slice.empty()) status = apply();
    if (!status.ok()) return status;
    if (*changed_count != before) {
      change->parts.market.push_back(std::make_shared<const engine::MarketSeries>(*std::move(series)));
    }
    return absl::OkStatus();
  }

  Catalog::Impl* const impl_;
  UploadStage stage_;
  std::vector<std::string> currencies_;  // by series; empty: not said
};

class IntensityUploadImpl : public Catalog::IntensityUpload {
 public:
  IntensityUploadImpl(Catalog::Impl* impl) : impl_(impl), stage_(impl->options.limits, kCarbonWords) {
    if (absl::Status status = CheckWritable(*impl); !status.ok()) stage_.Fail(status).IgnoreError();
  }

  absl::Status Add(const pb::UploadIntensitiesRequest& request) override {
    return stage_.Add(request.region(), request.intensities_size(), [&](size_t, Violations* faults) {
      const FieldPath root;
      const FieldPath intensities = root.Field("intensities");
      for (int i = 0; i < request.intensities_size() && !faults->full(); ++i) {
        const FieldPath at = intensities.At(i);
        const pb::CarbonIntensity& intensity = request.intensities(i);
        StagedEntry entry;
        entry.interval = ReadUploadInterval(intensity, at, faults);
        if (!intensity.has_forecast() && !intensity.has_actual()) {
          faults->Add(at, "has neither forecast nor actual; write one of them, in gCO2eq per kWh");
        }
        entry.first = ReadFigure(intensity.has_forecast(), intensity.forecast(), at.Field("forecast"), faults);
        entry.second = ReadFigure(intensity.has_actual(), intensity.actual(), at.Field("actual"), faults);
        stage_.Put(entry, faults);
      }
    });
  }

  absl::Status Commit(pb::UploadIntensitiesResponse* response) override {
    if (absl::Status status = stage_.Close(); !status.ok()) return status;
    Change change(impl_);
    if (!change.status().ok()) return stage_.Fail(change.status());
    int64_t changed_count = 0;
    for (size_t i = 0; i < stage_.names().size(); ++i) {
      if (absl::Status status = Apply(i, &change, &changed_count); !status.ok()) return stage_.Fail(status);
    }
    const uint64_t version = change.parts.carbon.empty() ? change.snapshot().version() : change.next_version();
    if (absl::Status status = change.Commit("intensities"); !status.ok()) return stage_.Fail(status);
    pb::UploadIntensitiesResponse answer;
    answer.set_region_count(static_cast<int32_t>(stage_.names().size()));
    answer.set_received_count(static_cast<int32_t>(stage_.size()));
    answer.set_changed_count(static_cast<int32_t>(changed_count));
    answer.set_catalog_version(absl::StrCat(version));
    *response = std::move(answer);
    return absl::OkStatus();
  }

 private:
  static std::optional<int64_t> ReadFigure(bool has, double value, const FieldPath& path, Violations* faults) {
    if (!has) return std::nullopt;
    const auto decimal = ReadDecimal(value, 0, kLargestIntensity, path, faults);
    return decimal ? std::optional<int64_t>(NanosOf(*decimal)) : std::nullopt;
  }

  static absl::StatusOr<engine::CarbonSeries> Before(const Change& change, const std::string& region) {
    const std::shared_ptr<const engine::CarbonSeries> known = change.snapshot().FindCarbon(region);
    if (known != nullptr) return *known;
    return engine::CarbonSeries::Create(region, {});
  }

  absl::Status Apply(size_t index, Change* change, int64_t* changed_count) {
    const std::string& region = stage_.names()[index];
    absl::StatusOr<engine::CarbonSeries> series = Before(*change, region);
    if (!series.ok()) return series.status();
    const absl::StatusOr<int64_t> row = SeriesTable(change->database(), change->tenant()).CarbonRow(region);
    if (!row.ok()) return StoreRefusal(row.status());
    const int64_t before = *changed_count;
    std::vector<engine::CarbonIntensity> slice;
    const auto apply = [&] {
      const absl::Status status = ApplySlice(
          *change, *row, slice,
          [](const engine::CarbonSeries& s, const engine::Interval& i) { return s.IntensitiesIn(i, 1).front(); },
          &*series, changed_count);
      slice.clear();
      return status;
    };
    absl::Status status = stage_.Visit(index, [&](const StagedEntry& staged) {
      engine::CarbonIntensity entry;
      entry.interval = staged.interval;
      if (staged.first) entry.forecast = DecimalOf(*staged.first);
      if (staged.second) entry.actual = DecimalOf(*staged.second);
      slice.push_back(entry);
      return slice.size() < kSlice ? absl::OkStatus() : apply();
    });
    if (status.ok() && !slice.empty()) status = apply();
    if (!status.ok()) return status;
    if (*changed_count != before) {
      change->parts.carbon.push_back(std::make_shared<const engine::CarbonSeries>(*std::move(series)));
    }
    return absl::OkStatus();
  }

  Catalog::Impl* const impl_;
  UploadStage stage_;
};

void SetTime(engine::Instant instant, google::protobuf::Timestamp* time) {
  time->set_seconds(instant.ns / engine::kNanosPerSecond);
}

// The part of the series that a call asks for.
absl::StatusOr<engine::Interval> ReadRange(const pb::ListIntensitiesRequest& request) {
  Violations faults;
  const FieldPath root;
  engine::Interval range = {engine::kEarliest, engine::kLatest};
  if (request.has_start_time()) {
    const auto start = ReadInstant(request.start_time(), root.Field("start_time"), &faults);
    if (start) range.start = *start;
  }
  if (request.has_end_time()) {
    const auto end = ReadInstant(request.end_time(), root.Field("end_time"), &faults);
    if (end) range.end = *end;
  }
  if (faults.empty() && request.has_start_time() && request.has_end_time() && range.end <= range.start) {
    faults.Add(root.Field("end_time"), "must be after start_time");
  }
  if (request.region().empty()) faults.Add(root.Field("region"), "is required; give a region, such as GB");
  if (!faults.empty()) return Invalid(faults.list());
  return range;
}

}  // namespace

std::unique_ptr<Catalog::MarketUpload> Catalog::BeginMarketUpload() {
  return std::make_unique<MarketUploadImpl>(impl_.get());
}

std::unique_ptr<Catalog::IntensityUpload> Catalog::BeginIntensityUpload() {
  return std::make_unique<IntensityUploadImpl>(impl_.get());
}

absl::Status Catalog::ListIntensities(const pb::ListIntensitiesRequest& request,
                                      pb::ListIntensitiesResponse* response) const {
  absl::StatusOr<engine::Interval> range = ReadRange(request);
  if (!range.ok()) return range.status();
  const absl::StatusOr<int> size = PageSize(request.page_size(), kDefaultIntensities, kMostIntensities);
  if (!size.ok()) return size.status();
  const std::shared_ptr<const engine::CarbonSeries> series = impl_->snapshots.Get()->FindCarbon(request.region());
  if (series == nullptr) {
    return Refuse(absl::StatusCode::kNotFound, "CARBON_REGION_NOT_FOUND",
                  absl::StrCat("there is no carbon region ", Quoted(request.region()), " in this account"));
  }
  const uint64_t list = ListHash("carbon_intensities", impl_->options.tenant,
                                 {request.region(), absl::StrCat(range->start.ns), absl::StrCat(range->end.ns)});
  if (!request.page_token().empty()) {
    const absl::StatusOr<ListPosition> after = ReadPageToken(request.page_token(), list);
    if (!after.ok()) return after.status();
    range->start = std::max(range->start, engine::Instant{after->created});
  }
  pb::ListIntensitiesResponse answer;
  answer.set_object("list");
  answer.set_url(absl::StrCat("/carbon/intensities/", request.region()));
  answer.set_intensity_units("gCO2eq/kWh");
  std::vector<engine::CarbonIntensity> entries;
  if (range->start < range->end) entries = series->IntensitiesIn(*range, static_cast<size_t>(*size) + 1);
  const bool more = entries.size() > static_cast<size_t>(*size);
  if (more) entries.pop_back();
  answer.set_has_more(more);
  if (more) answer.set_next_page_token(PageToken(list, {entries.back().interval.end.ns, ""}));
  for (const engine::CarbonIntensity& entry : entries) {
    pb::CarbonIntensity* data = answer.add_data();
    SetTime(entry.interval.start, data->mutable_valid_from());
    SetTime(entry.interval.end, data->mutable_valid_to());
    if (entry.forecast) data->set_forecast(entry.forecast->ToDouble());
    if (entry.actual) data->set_actual(entry.actual->ToDouble());
  }
  *response = std::move(answer);
  return absl::OkStatus();
}

}  // namespace costs::catalog
