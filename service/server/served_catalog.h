// The catalogs that a costsd serves, opened as its settings say: from a directory
// of files, which rules and is read again when asked to; or in a store, which
// rules from the first start on, when the directory fills it once. The directory's is
// the catalog of the account that --account_id and --live_mode name.
#ifndef SERVICE_SERVER_SERVED_CATALOG_H_
#define SERVICE_SERVER_SERVED_CATALOG_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/catalog/catalogs.h"
#include "service/catalog/tenant.h"
#include "service/server/config.h"

namespace costs::server {

// Writes to the log what it did. An error is for the operator, and names the
// file at fault. `on_published` is Catalogs::Options'.
absl::StatusOr<std::unique_ptr<catalog::Catalogs>> OpenCatalogs(
    const ServerConfig& config, std::function<void(const catalog::Tenant&)> on_published);

// Reads the directory again, where it rules; writes to the log how that went. A
// directory that is wrong changes nothing. May take seconds.
void ReloadCatalog(const ServerConfig& config, catalog::Catalogs* catalogs);

}  // namespace costs::server

#endif  // SERVICE_SERVER_SERVED_CATALOG_H_
