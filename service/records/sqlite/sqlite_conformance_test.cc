// SqliteRecordStore does what every store of records must.
#include <stdlib.h>

#include <filesystem>

#include "service/records/sqlite/sqlite_record_store.h"
#include "service/records/testing/record_store_conformance.h"

namespace costs::records::testing {
namespace {

namespace fs = std::filesystem;

class SqlitePlace final : public StorePlace {
 public:
  explicit SqlitePlace(CatalogVersion catalog_version) : catalog_version_(std::move(catalog_version)) {
    std::string name = (fs::path(::testing::TempDir()) / "recordsXXXXXX").string();
    folder_ = mkdtemp(&name[0]);
  }
  ~SqlitePlace() override {
    std::error_code ignored;
    fs::remove_all(folder_, ignored);
  }

  absl::StatusOr<std::unique_ptr<RecordStore>> Open() override {
    SqliteRecordStore::Options options;
    options.path = (folder_ / "store.records").string();
    options.writer.catalog_version = catalog_version_;
    return SqliteRecordStore::Open(std::move(options));
  }

 private:
  const CatalogVersion catalog_version_;
  fs::path folder_;
};

INSTANTIATE_TEST_SUITE_P(Sqlite, RecordStoreConformance,
                         ::testing::Values(StoreKind{"File",
                                                     [](CatalogVersion catalog_version) {
                                                       return std::make_unique<SqlitePlace>(std::move(catalog_version));
                                                     }}),
                         NameOfKind);

}  // namespace
}  // namespace costs::records::testing
