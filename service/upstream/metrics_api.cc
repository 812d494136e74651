#include "service/upstream/metrics_api.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace costs::upstream {
namespace {

using Kind = UpstreamError::Kind;

struct ResultName {
  absl::string_view name;
  absl::string_view help;
};

constexpr size_t kSpared = 1;
constexpr std::array<ResultName, 9> kResults = {{
    {"costs", "that were answered with a cost"},
    {"spared", "that were not made, to spare the upstream"},
    {"refused", "that were refused"},
    {"bad_credentials", "whose credentials were not taken"},
    {"rate_limited", "that were told to come later (429)"},
    {"unavailable", "that found no connection, or an answer of 5xx"},
    {"timed_out", "whose time was over"},
    {"bad_answers", "whose answer was not the contract's"},
    {"cancelled", "that were cancelled"},
}};

size_t IndexOf(const CostResult& result) {
  const UpstreamError* const error = std::get_if<UpstreamError>(&result);
  if (error == nullptr) return 0;
  if (error->spared) return kSpared;
  switch (error->kind) {
    case Kind::kRefused:
      return 2;
    case Kind::kBadCredentials:
      return 3;
    case Kind::kRateLimited:
      return 4;
    case Kind::kUnavailable:
      return 5;
    case Kind::kTimedOut:
      return 6;
    case Kind::kBadAnswer:
      return 7;
    case Kind::kCancelled:
      return 8;
  }
  return 5;
}

struct Bound {
  absl::Duration most;
  absl::string_view name;
};

constexpr std::array<Bound, 6> kBounds = {{
    {absl::Milliseconds(5), "5ms"},
    {absl::Milliseconds(25), "25ms"},
    {absl::Milliseconds(100), "100ms"},
    {absl::Milliseconds(500), "500ms"},
    {absl::Milliseconds(2500), "2500ms"},
    {absl::Seconds(10), "10s"},
}};

}  // namespace

struct MetricsApi::Counts {
  void Ended(const CostResult& result, absl::Duration took) {
    ++results[IndexOf(result)];
    for (size_t i = kBounds.size(); i-- > 0 && took <= kBounds[i].most;) ++within[i];
    nanoseconds += absl::ToInt64Nanoseconds(took);
    --under_way;
  }

  std::atomic<int64_t> under_way{0};
  std::array<std::atomic<int64_t>, kResults.size()> results{};
  std::array<std::atomic<int64_t>, kBounds.size()> within{};
  std::atomic<int64_t> nanoseconds{0};
};

MetricsApi::MetricsApi(const Timers* timers, std::shared_ptr<CostsApi> child)
    : timers_(timers), child_(std::move(child)), counts_(std::make_shared<Counts>()) {}

void MetricsApi::CalculateInstantCost(std::shared_ptr<const CostCall> call, Done done) {
  ++counts_->under_way;
  child_->CalculateInstantCost(std::move(call), [counts = counts_, timers = timers_, began = timers_->Now(),
                                                 done = std::move(done)](CostResult result) {
    counts->Ended(result, timers->Now() - began);
    done(std::move(result));
  });
}

std::vector<telemetry::Figure> MetricsApi::Figures(absl::string_view prefix, absl::string_view what) const {
  using Figure = telemetry::Figure;
  std::vector<Figure> figures;
  const auto add = [&](std::string name, std::string help, Figure::Kind kind, double value) {
    figures.push_back({std::move(name), std::move(help), kind, value});
  };
  for (size_t i = 0; i < kResults.size(); ++i) {
    add(absl::StrCat(prefix, "_", kResults[i].name, "_total"), absl::StrCat(what, " ", kResults[i].help, "."),
        Figure::Kind::kCounter, static_cast<double>(counts_->results[i]));
  }
  for (size_t i = 0; i < kBounds.size(); ++i) {
    add(absl::StrCat(prefix, "_within_", kBounds[i].name, "_total"),
        absl::StrCat(what, " that took ", kBounds[i].name, " at most."), Figure::Kind::kCounter,
        static_cast<double>(counts_->within[i]));
  }
  add(absl::StrCat(prefix, "_seconds_total"), absl::StrCat(what, ": how long they took, together."),
      Figure::Kind::kCounter, 1e-9 * static_cast<double>(counts_->nanoseconds));
  add(absl::StrCat(prefix, "_under_way"), absl::StrCat(what, " that have no answer yet."), Figure::Kind::kGauge,
      static_cast<double>(counts_->under_way));
  return figures;
}

}  // namespace costs::upstream
