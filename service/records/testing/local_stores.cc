#include "service/records/testing/local_stores.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "service/records/sqlite/sqlite_record_store.h"
#include "service/records/testing/model_record_store.h"

namespace costs::records::testing {
namespace {

namespace fs = std::filesystem;

class Folder {
 public:
  Folder() {
    std::string name = (fs::path(::testing::TempDir()) / "recordsXXXXXX").string();
    path_ = mkdtemp(&name[0]);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

MeteredPlaces::StoreMaker SqliteMaker() {
  return
      [folder = std::make_shared<Folder>()](std::function<uint64_t()> catalog_version) -> std::unique_ptr<RecordStore> {
        SqliteRecordStore::Options options;
        options.path = (folder->path() / "store.records").string();
        options.writer.catalog_version = [version = std::move(catalog_version)](const Tenant&) { return version(); };
        auto store = SqliteRecordStore::Open(std::move(options));
        if (!store.ok()) {
          std::fprintf(stderr, "%s\n", store.status().ToString().c_str());
          std::abort();
        }
        return *std::move(store);
      };
}

}  // namespace

StoreChoice ModelStore() {
  return {"Model", [] {
            return [](std::function<uint64_t()> catalog_version) -> std::unique_ptr<RecordStore> {
              return std::make_unique<ModelRecordStore>(std::move(catalog_version));
            };
          }};
}

StoreChoice SqliteFile() { return {"Sqlite", SqliteMaker}; }

std::vector<StoreChoice> LocalStores() { return {ModelStore(), SqliteFile()}; }

}  // namespace costs::records::testing
