// What runs here, at a glance: /statusz, and those of its figures that metrics have too.
#ifndef SERVICE_SERVER_STATUS_PAGE_H_
#define SERVICE_SERVER_STATUS_PAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/catalog/catalogs.h"
#include "service/server/config.h"
#include "service/telemetry/figure.h"

namespace costs::server {

struct ServerStatus {
  absl::Time now, started;
  bool serving = true;
  std::string mode;
  std::string store;  // without its password; empty: none
  // Of all accounts and modes whose catalog is open.
  size_t catalogs = 0, locations = 0, elements = 0;
  uint64_t catalog_version = 0;             // their sum
  absl::Time changed = absl::UnixEpoch();   // the last of them
  std::optional<absl::Time> price_horizon;  // see Snapshot::PriceHorizon; the earliest
};

// All but when it was started, and whether it serves.
ServerStatus StatusOf(const ServerConfig& config, const catalog::Catalogs& catalogs, absl::Time now);

std::string StatusJson(const ServerStatus& status);

std::vector<telemetry::Figure> StatusFigures(const ServerStatus& status);

}  // namespace costs::server

#endif  // SERVICE_SERVER_STATUS_PAGE_H_
