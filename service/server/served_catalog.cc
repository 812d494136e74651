#include "service/server/served_catalog.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/catalog/catalog_loader.h"
#include "service/catalog/snapshot.h"
#include "spdlog/spdlog.h"

namespace costs::server {
namespace {

// Whose catalog the directory is.
catalog::Tenant FilledBy(const ServerConfig& config) { return {config.account_id, config.live_mode}; }

void LogState(const catalog::Catalog& catalog, absl::string_view source) {
  const std::shared_ptr<const catalog::Snapshot> snapshot = catalog.snapshots().Get();
  spdlog::info("catalog version {}: {} locations, {} tariff elements, from {}", snapshot->version(),
               snapshot->location_count(), snapshot->element_count(), std::string(source));
}

absl::Status Fill(const std::string& directory, catalog::Catalog* catalog) {
  absl::StatusOr<catalog::CatalogDocuments> documents = catalog::LoadCatalogDocuments(directory);
  if (!documents.ok()) return documents.status();
  return catalog->Replace(*documents);
}

absl::StatusOr<std::string> FillStore(const ServerConfig& config, catalog::Catalog* catalog) {
  absl::StatusOr<bool> empty = catalog->Empty();
  if (!empty.ok()) return empty.status();
  if (!*empty) {
    if (!config.catalog.empty()) {
      spdlog::info("--store={} holds a catalog and rules; --catalog={} is not read", StoreName(config), config.catalog);
    }
    return absl::StrCat("--store=", StoreName(config));
  }
  if (config.catalog.empty()) {
    spdlog::info("--store={} is empty; fill it by calls, or once with --catalog", StoreName(config));
    return absl::StrCat("--store=", StoreName(config));
  }
  if (absl::Status filled = Fill(config.catalog, catalog); !filled.ok()) return filled;
  return absl::StrCat("--catalog=", config.catalog, ", copied into --store=", StoreName(config));
}

}  // namespace

absl::StatusOr<std::unique_ptr<catalog::Catalogs>> OpenCatalogs(
    const ServerConfig& config, std::function<void(const catalog::Tenant&)> on_published) {
  catalog::Catalogs::Options options;
  options.on_published = std::move(on_published);
  options.store = config.store;
  options.read_only = config.store.empty();
  options.log = [](absl::string_view line) { spdlog::warn("{}", std::string(line)); };
  options.on_following = [name = StoreName(config)](const absl::Status& status) {
    if (status.ok()) {
      spdlog::info("--store={} is there again; changes of other servers are followed", name);
    } else {
      spdlog::warn("--store={} cannot be followed, pricing goes on with the catalog at hand: {}", name,
                   std::string(status.message()));
    }
  };
  absl::StatusOr<std::unique_ptr<catalog::Catalogs>> catalogs = catalog::Catalogs::Open(std::move(options));
  if (!catalogs.ok()) return catalogs.status();
  const size_t others = (*catalogs)->tenants().size();
  const absl::StatusOr<catalog::Catalog*> catalog = (*catalogs)->Get(FilledBy(config));
  if (!catalog.ok()) return catalog.status();
  if (others > 0) spdlog::info("--store={} holds catalogs of {} accounts and modes", StoreName(config), others);
  if (config.store.empty() && config.catalog.empty()) {
    spdlog::info("there is no catalog of our own, and the upstream answers");
    return catalogs;
  }
  if (config.store.empty()) {
    if (absl::Status filled = Fill(config.catalog, *catalog); !filled.ok()) return filled;
    LogState(**catalog, absl::StrCat("--catalog=", config.catalog));
    return catalogs;
  }
  absl::StatusOr<std::string> source = FillStore(config, *catalog);
  if (!source.ok()) return source.status();
  LogState(**catalog, *source);
  return catalogs;
}

void ReloadCatalog(const ServerConfig& config, catalog::Catalogs* catalogs) {
  if (!config.store.empty()) {
    spdlog::info("--store={} rules, so no file is read again; change the catalog by calls", StoreName(config));
    return;
  }
  if (config.catalog.empty()) return;
  const absl::StatusOr<catalog::Catalog*> catalog = catalogs->Get(FilledBy(config));
  const absl::Status filled = catalog.ok() ? Fill(config.catalog, *catalog) : catalog.status();
  if (!filled.ok()) {
    spdlog::error("the catalog was not replaced, the running one stays: {}", std::string(filled.message()));
    return;
  }
  LogState(**catalog, absl::StrCat("--catalog=", config.catalog));
}

}  // namespace costs::server
