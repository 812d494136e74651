// A small catalog for the tests of the rates, and a fixture that asks about it in
// protobuf's text format.
#ifndef SERVICE_RATES_TESTING_RATES_FIXTURE_H_
#define SERVICE_RATES_TESTING_RATES_FIXTURE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/message_differencer.h"
#include "gtest/gtest.h"
#include "service/catalog/refusal.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/rates/rates.h"

namespace costs::rates {

using catalog::FieldViolation;
using catalog::ViolationsOf;
using engine::testing::At;
using engine::testing::Build;
using engine::testing::D;
using engine::testing::ElementSpec;
using engine::testing::EveryDay;
using engine::testing::Fixed;
using engine::testing::Flat;
using engine::testing::Slots;
using engine::testing::Surcharge;
using engine::testing::Tiered;

inline constexpr char kNow[] = "2023-01-10T12:00:00.25Z";

inline std::shared_ptr<const engine::TariffElement> Element(
    ElementSpec spec, const std::string& id, engine::ElementType type = engine::ElementType::kCommodity) {
  spec.id = id;
  auto element = std::make_shared<engine::TariffElement>(*Build(spec));
  element->type = type;
  element->display_name = absl::StrCat("the ", id);
  return element;
}

inline ElementSpec Of(std::vector<engine::Season> seasons, engine::TariffRate rate = engine::TariffRate::kImport) {
  ElementSpec spec;
  spec.seasons = std::move(seasons);
  spec.tariff_rate = rate;
  return spec;
}

// loc_nights: 0.1 until 07:00, 0.3 from then on, and 0.05 for the network; exports at 0.15; a region.
// loc_market: a market with 20 % on it, on 2023-01-10 from 10:00Z on for four hours. No region.
inline std::shared_ptr<const catalog::Snapshot> MakeSnapshot() {
  catalog::CatalogContent content;
  ElementSpec market = Of(EveryDay({{0, Surcharge("0.01", "20")}}));
  market.market = Slots(At("2023-01-10T10:00:00Z"), 3600, {"0.2", "0.1", "-0.1", "0.4"});
  content.elements = {
      Element(Of(EveryDay({{0, Fixed("0.1")}, {7, Fixed("0.3")}})), "nights"),
      Element(Flat("0.05"), "network", engine::ElementType::kNonCommodity),
      Element(Of(EveryDay({{0, Fixed("0.15")}}), engine::TariffRate::kExport), "exports"),
      Element(market, "spot"),
      Element(Tiered({{"0.1", "300"}, {"0.2", ""}}), "month"),
  };
  ElementSpec day = Tiered({{"0.01", "5"}, {"0.02", ""}});
  day.tier_window.kind = engine::TierWindow::Kind::kDay;
  content.elements.push_back(Element(day, "day"));
  std::vector<engine::CarbonIntensity> intensities;
  for (int hour = 0; hour < 48; ++hour) {
    const engine::Instant start = At(absl::StrCat("2023-01-10T00:00:00Z"));
    const engine::Instant from{start.ns + hour * 3'600 * engine::kNanosPerSecond};
    if (hour == 30) continue;
    intensities.push_back({{from, {from.ns + 3'600 * engine::kNanosPerSecond}},
                           hour % 24 == 3 ? D("50.5") : D("100"),
                           hour < 12 ? std::optional<engine::Decimal>(D("80")) : std::nullopt});
  }
  content.carbon = {
      std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create("GB", std::move(intensities)))};
  content.locations = {{"loc_nights", "Europe/London", "GBP", "GB", {"nights", "network", "exports"}},
                       {"loc_market", "Europe/London", "GBP", "", {"spot"}},
                       {"loc_bare", "Europe/London", "GBP", "", {}},
                       {"loc_tiers", "Europe/London", "GBP", "", {"month"}},
                       {"loc_windows", "Europe/London", "GBP", "", {"month", "day"}}};
  return *catalog::Snapshot::Create(1, std::move(content));
}

class Rates : public ::testing::Test {
 protected:
  Rates() {
    call_.account_id = "acc_1";
    call_.live_mode = true;
    call_.now = absl::FromUnixNanos(At(kNow).ns);
    call_.catalog_changed = absl::FromUnixNanos(At("2023-01-09T08:00:00Z").ns);
    call_.new_id = [](absl::string_view prefix) { return absl::StrCat(prefix, "0123456789abcdef01234567"); };
  }

  template <typename Message>
  static Message Parse(const std::string& text) {
    Message message;
    EXPECT_TRUE(google::protobuf::TextFormat::MergeFromString(text, &message)) << text;
    return message;
  }
  static std::string Seconds(const char* time) {
    return absl::StrCat("{seconds: ", At(time).ns / engine::kNanosPerSecond, "}");
  }
  static std::string Period(const char* start, const char* end) {
    return absl::StrCat(" start_time ", Seconds(start), " end_time ", Seconds(end));
  }

  absl::Status List(const std::string& request) {
    rates_.Clear();
    return ListRates(*snapshot_, call_, Parse<pb::ListRatesRequest>(request), &rates_);
  }
  absl::Status Audit(const std::string& request) {
    audit_.Clear();
    return AuditRates(*snapshot_, call_, Parse<pb::AuditRatesRequest>(request), &audit_);
  }
  absl::Status Find(const std::string& request) {
    slots_.Clear();
    return FindSlots(*snapshot_, call_, Parse<pb::FindSlotsRequest>(request), &slots_);
  }
  template <typename Message>
  static void ExpectSame(const Message& got, const std::string& want) {
    EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(got, Parse<Message>(want))) << got.DebugString();
  }

  const std::shared_ptr<const catalog::Snapshot> snapshot_ = MakeSnapshot();
  Call call_;
  pb::ListRatesResponse rates_;
  pb::AuditRatesResponse audit_;
  pb::FindSlotsResponse slots_;
};

inline std::string FieldsOf(const absl::Status& status) {
  std::string fields;
  for (const FieldViolation& violation : ViolationsOf(status)) {
    absl::StrAppend(&fields, fields.empty() ? "" : " ", violation.field);
  }
  return fields;
}

}  // namespace costs::rates

#endif  // SERVICE_RATES_TESTING_RATES_FIXTURE_H_
