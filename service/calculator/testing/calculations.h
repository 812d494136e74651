// Small catalogs, submissions and calls for the tests of calculators.
//
//   catalog::SnapshotHolder holder;
//   holder.Set(MakeSnapshot(DocumentationCatalog()));
//   LocalCalculator local(&holder, FixedClock(), {});
//   std::vector<Outcome> outcomes = Run(&local, {DocumentationSubmission()});
//
// A wrong catalog is a fault of the test: MakeSnapshot aborts.
#ifndef SERVICE_CALCULATOR_TESTING_CALCULATIONS_H_
#define SERVICE_CALCULATOR_TESTING_CALCULATIONS_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/tariff_spec.h"

namespace costs::calculator::testing {

inline constexpr absl::string_view kAccount = "acc_641b90b758fb8e6293716e40";
inline constexpr absl::string_view kLocation = "loc_641b90b758fb8e6293716e40";

// One location, kLocation, in London and GBP, with these elements (their ids must
// differ) and, where there are any, these intensities.
catalog::CatalogContent OneLocation(const std::vector<engine::testing::ElementSpec>& elements,
                                    std::vector<engine::CarbonIntensity> intensities = {});

// The rates that the documentation's example implies, for that example's day:
// 90.277823698 GBP/kWh, and a forecast of 3.426848836 gCO2eq/kWh.
catalog::CatalogContent DocumentationCatalog();

// 20567 W from 2022-02-01T10:30Z to 11:00Z.
Submission DocumentationSubmission();

// `value` kW or another unit, for kLocation, between two RFC 3339 times.
Submission Submit(double value, absl::string_view start, absl::string_view end,
                  engine::Units units = engine::Units::kKw);

std::shared_ptr<const catalog::Snapshot> MakeSnapshot(catalog::CatalogContent content, uint64_t version = 1);

// Always 2022-02-01T12:00:00Z.
std::function<absl::Time()> FixedClock();

struct Answers {
  std::vector<Outcome> outcomes;
  absl::Time time_created;
  std::shared_ptr<const void> keep_alive;
};

// Calls with one batch of kAccount's, live mode, and waits until it is done.
Answers Call(Calculator* calculator, const std::vector<Submission>& submissions, const Options& options = {},
             absl::Time deadline = absl::InfiniteFuture(), std::function<bool()> cancelled = nullptr);

// Everything that an outcome says, as text: equal texts, equal outcomes.
std::string Describe(const Outcome& outcome);

}  // namespace costs::calculator::testing

#endif  // SERVICE_CALCULATOR_TESTING_CALCULATIONS_H_
