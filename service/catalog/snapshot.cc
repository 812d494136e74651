#include "service/catalog/snapshot.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"

namespace costs::catalog {
namespace {

constexpr size_t kRates = 3;  // IMPORT, EXPORT, LOCAL

// absl also takes "localtime", fixed offsets and paths of files, and zoneinfo has
// a second set whose clocks count leap seconds; a location needs a place.
bool IsIanaName(const std::string& name) {
  return !name.empty() && name != "localtime" && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
         name.find_first_of(".:") == std::string::npos && !absl::StartsWith(name, "Fixed/") &&
         !absl::StartsWith(name, "right/") && !absl::StartsWith(name, "posix/");
}

// Makes the timelines of one snapshot, each once for all who share it.
class TimelinePool {
 public:
  absl::StatusOr<std::shared_ptr<const engine::PriceTimeline>> Prices(
      std::vector<std::shared_ptr<const engine::TariffElement>> elements, const std::string& timezone) {
    std::sort(elements.begin(), elements.end(), [](const auto& a, const auto& b) { return a->id < b->id; });
    const std::string key = absl::StrCat(
        timezone, "\n", absl::StrJoin(elements, "\n", [](std::string* out, const auto& e) { out->append(e->id); }));
    std::shared_ptr<const engine::PriceTimeline>& pooled = prices_[key];
    if (pooled == nullptr) {
      absl::StatusOr<absl::TimeZone> zone = Zone(timezone);
      if (!zone.ok()) return zone.status();
      absl::StatusOr<std::shared_ptr<const engine::PriceTimeline>> made =
          engine::PriceTimeline::Create(std::move(elements), *zone);
      if (!made.ok()) return made.status();
      pooled = *std::move(made);
    }
    return pooled;
  }

  absl::StatusOr<absl::TimeZone> Zone(const std::string& name) {
    auto known = zones_.find(name);
    if (known != zones_.end()) return known->second;
    absl::TimeZone zone;
    if (!IsIanaName(name) || !absl::LoadTimeZone(name, &zone)) {
      return absl::InvalidArgumentError(
          absl::StrCat("timezone '", name, "' is unknown; use a name of the IANA time zone database, such as ",
                       "Europe/London, that this machine's zoneinfo has"));
    }
    zones_.emplace(name, zone);
    return zone;
  }

 private:
  absl::flat_hash_map<std::string, std::shared_ptr<const engine::PriceTimeline>> prices_;
  absl::flat_hash_map<std::string, absl::TimeZone> zones_;
};

absl::Status InLocation(const std::string& id, const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("location ", id, ": ", status.message()));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Snapshot>> Snapshot::Create(uint64_t version, CatalogContent content) {
  absl::flat_hash_map<absl::string_view, std::shared_ptr<const engine::TariffElement>> elements;
  for (const auto& element : content.elements) {
    if (absl::Status status = engine::CheckElement(*element); !status.ok()) return status;
    if (!elements.emplace(element->id, element).second) {
      return absl::InvalidArgumentError(absl::StrCat("tariff element ", element->id, ": the id is used twice"));
    }
  }
  absl::flat_hash_map<std::string, std::shared_ptr<const engine::CarbonTimeline>> carbon;
  for (const auto& series : content.carbon) {
    if (!carbon.emplace(series->region(), engine::CarbonTimeline::Create(series)).second) {
      return absl::InvalidArgumentError(absl::StrCat("carbon region ", series->region(), ": the name is used twice"));
    }
  }

  std::shared_ptr<Snapshot> snapshot(new Snapshot());
  snapshot->version_ = version;
  snapshot->element_count_ = content.elements.size();
  snapshot->locations_.reserve(content.locations.size());
  TimelinePool pool;
  for (LocationSpec& spec : content.locations) {
    Location location;
    if (absl::StatusOr<absl::TimeZone> zone = pool.Zone(spec.timezone); !zone.ok()) {
      return InLocation(spec.id, zone.status());
    }
    std::array<std::vector<std::shared_ptr<const engine::TariffElement>>, kRates> by_rate;
    for (const std::string& id : spec.tariff_elements) {
      auto found = elements.find(id);
      if (found == elements.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("location ", spec.id, ": tariff_elements: there is no element ", id));
      }
      const std::shared_ptr<const engine::TariffElement>& element = found->second;
      if (element->currency_code != spec.currency_code) {
        return absl::InvalidArgumentError(absl::StrCat("location ", spec.id, ": is in ", spec.currency_code,
                                                       ", but its element ", id, " is in ", element->currency_code));
      }
      auto& list = by_rate[static_cast<size_t>(element->tariff_rate) - 1];
      if (std::find(list.begin(), list.end(), element) != list.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("location ", spec.id, ": tariff_elements: ", id, " is named twice"));
      }
      list.push_back(element);
    }
    for (size_t rate = 0; rate < kRates; ++rate) {
      if (by_rate[rate].empty()) continue;
      absl::StatusOr<std::shared_ptr<const engine::PriceTimeline>> prices =
          pool.Prices(std::move(by_rate[rate]), spec.timezone);
      if (!prices.ok()) return InLocation(spec.id, prices.status());
      location.prices[rate] = *std::move(prices);
    }
    if (!spec.carbon_region.empty()) {
      auto found = carbon.find(spec.carbon_region);
      if (found == carbon.end()) {
        return absl::InvalidArgumentError(
            absl::StrCat("location ", spec.id, ": carbon_region: there is no series ", spec.carbon_region));
      }
      location.carbon = found->second;
    }
    location.id = std::move(spec.id);
    location.timezone = std::move(spec.timezone);
    location.currency_code = std::move(spec.currency_code);
    location.carbon_region = std::move(spec.carbon_region);
    std::string id = location.id;
    if (!snapshot->locations_.insert(std::move(location)).second) {
      return absl::InvalidArgumentError(absl::StrCat("location ", id, ": the id is used twice"));
    }
  }
  return std::shared_ptr<const Snapshot>(std::move(snapshot));
}

const Location* Snapshot::FindLocation(absl::string_view id) const {
  auto found = locations_.find(id);
  return found == locations_.end() ? nullptr : &*found;
}

}  // namespace costs::catalog
