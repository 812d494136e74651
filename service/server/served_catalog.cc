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

absl::StatusOr<std::unique_ptr<catalog::Catalog>> OpenCatalog(const ServerConfig& config,
                                                              std::function<void()> on_published) {
  catalog::Catalog::Options options;
  options.on_published = std::move(on_published);
  options.store = config.store;
  options.read_only = config.store.empty();
  options.tenant = {config.account_id, config.live_mode};
  options.on_following = [name = StoreName(config)](const absl::Status& status) {
    if (status.ok()) {
      spdlog::info("--store={} is there again; changes of other servers are followed", name);
    } else {
      spdlog::warn("--store={} cannot be followed, pricing goes on with the catalog at hand: {}", name,
                   std::string(status.message()));
    }
  };
  absl::StatusOr<std::unique_ptr<catalog::Catalog>> catalog = catalog::Catalog::Open(std::move(options));
  if (!catalog.ok()) return catalog.status();
  if (config.store.empty()) {
    if (absl::Status filled = Fill(config.catalog, catalog->get()); !filled.ok()) return filled;
    LogState(**catalog, absl::StrCat("--catalog=", config.catalog));
    return catalog;
  }
  absl::StatusOr<std::string> source = FillStore(config, catalog->get());
  if (!source.ok()) return source.status();
  LogState(**catalog, *source);
  return catalog;
}

void ReloadCatalog(const ServerConfig& config, catalog::Catalog* catalog) {
  if (!config.store.empty()) {
    spdlog::info("--store={} rules, so no file is read again; change the catalog by calls", StoreName(config));
    return;
  }
  if (absl::Status filled = Fill(config.catalog, catalog); !filled.ok()) {
    spdlog::error("the catalog was not replaced, the running one stays: {}", std::string(filled.message()));
    return;
  }
  LogState(*catalog, absl::StrCat("--catalog=", config.catalog));
}

}  // namespace costs::server
