#include "service/server/status_page.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "service/catalog/catalog.h"
#include "service/catalog/snapshot.h"
#include "service/catalog/tenant.h"
#include "service/server/version.h"
#include "service/telemetry/call_log.h"

namespace costs::server {
namespace {

std::string Rfc3339(absl::Time time) { return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time, absl::UTCTimeZone()); }

}  // namespace

ServerStatus StatusOf(const ServerConfig& config, const catalog::Catalogs& catalogs, absl::Time now) {
  ServerStatus status;
  status.now = now;
  status.mode = config.upstream.mode;
  status.store = StoreName(config);
  for (const catalog::Tenant& tenant : catalogs.tenants()) {
    const std::shared_ptr<const catalog::Snapshot> snapshot = catalogs.Find(tenant.account_id, tenant.live_mode);
    if (snapshot == nullptr) continue;
    ++status.catalogs;
    status.locations += snapshot->location_count();
    status.elements += snapshot->element_count();
    status.catalog_version += snapshot->version();
    status.changed = std::max(status.changed, catalogs.LastChanged(tenant));
    const std::optional<engine::Instant> horizon = snapshot->PriceHorizon(engine::Instant{absl::ToUnixNanos(now)});
    if (!horizon) continue;
    const absl::Time at = absl::FromUnixNanos(horizon->ns);
    if (!status.price_horizon || at < *status.price_horizon) status.price_horizon = at;
  }
  return status;
}

std::string StatusJson(const ServerStatus& status) {
  using telemetry::JsonString;
  std::string json = absl::StrCat("{\"version\":", JsonString(kVersion),
                                  ",\"status\":", status.serving ? "\"SERVING\"" : "\"NOT_SERVING\"",
                                  ",\"started\":", JsonString(Rfc3339(status.started)),
                                  ",\"uptime_seconds\":", absl::ToInt64Seconds(status.now - status.started),
                                  ",\"mode\":", JsonString(status.mode), ",\"store\":", JsonString(status.store));
  absl::StrAppend(&json, ",\"catalog\":{\"catalogs\":", status.catalogs, ",\"locations\":", status.locations,
                  ",\"tariff_elements\":", status.elements, ",\"version\":", status.catalog_version);
  if (status.changed > absl::UnixEpoch()) {
    absl::StrAppend(&json, ",\"changed\":", JsonString(Rfc3339(status.changed)));
  }
  if (status.price_horizon) {
    absl::StrAppend(&json, ",\"price_horizon\":", JsonString(Rfc3339(*status.price_horizon)));
  }
  return json + "}}\n";
}

std::vector<telemetry::Figure> StatusFigures(const ServerStatus& status) {
  using telemetry::Figure;
  std::vector<Figure> figures = {
      {"costs_build_info", "Which version runs; always 1.", Figure::Kind::kGauge, 1, {{"version", kVersion}}},
      {"costs_start_time_seconds", "When this server was started, in seconds since 1970.", Figure::Kind::kGauge,
       absl::ToDoubleSeconds(status.started - absl::UnixEpoch())},
      {"costs_locations", "Locations of all accounts.", Figure::Kind::kGauge, static_cast<double>(status.locations)},
      {"costs_catalog_age_seconds", "Time since the last change of any catalog.", Figure::Kind::kGauge,
       absl::ToDoubleSeconds(status.now - status.changed)},
  };
  if (status.price_horizon) {
    figures.push_back({"costs_price_horizon_seconds",
                       "For how long from now on every market price that locations follow is known; negative: since "
                       "when one is missing.",
                       Figure::Kind::kGauge, absl::ToDoubleSeconds(*status.price_horizon - status.now)});
  }
  return figures;
}

}  // namespace costs::server
