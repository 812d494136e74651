// What every RecordStore must do: a test suite with the store as its parameter. A
// store's own test links it (it is kept whole by alwayslink) and says how a store is
// opened:
//
//   INSTANTIATE_TEST_SUITE_P(Sqlite, RecordStoreConformance, ::testing::Values(StoreKind{"File", MakePlace}),
//                            NameOfKind);
//
// Each test has a place of its own, which is empty when the test begins.
#ifndef SERVICE_RECORDS_TESTING_RECORD_STORE_CONFORMANCE_H_
#define SERVICE_RECORDS_TESTING_RECORD_STORE_CONFORMANCE_H_

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/records/record_store.h"
#include "service/records/testing/record_builder.h"

namespace costs::records::testing {

// Where a store is kept: a file, a schema of a server. Gone, with what is in it,
// when this is.
class StorePlace {
 public:
  virtual ~StorePlace() = default;
  // The store that is there, with what was written before. The one before was
  // destroyed.
  virtual absl::StatusOr<std::unique_ptr<RecordStore>> Open() = 0;
};

struct StoreKind {
  std::string name;
  // A new, empty place; `catalog_version` is for the store's options. Null where
  // there can be none on this machine: the test is skipped, or fails where CI=true.
  std::function<std::unique_ptr<StorePlace>(std::function<uint64_t(const Tenant&)> catalog_version)> make;
};

std::string NameOfKind(const ::testing::TestParamInfo<StoreKind>& info);

// Its members are public for what drives a whole test, such as random operations.
class RecordStoreConformance : public ::testing::TestWithParam<StoreKind> {
 public:
  void SetUp() override;
  void TearDown() override;

  RecordStore& store() { return *store_; }
  void Reopen();

  // Waits for `done`, and returns what it was called with.
  absl::Status Submit(Write write);
  // As one write, which must succeed.
  void Put(std::vector<StoredRecord> records, const Tenant& tenant = TestTenant());
  void Put(const RecordBuilder& record) { Put({record.Build()}); }
  void Delete(std::vector<calculator::RecordId> ids, const Tenant& tenant = TestTenant());

  // These expect OK.
  std::optional<StoredRecord> Get(const calculator::RecordId& id, const Tenant& tenant = TestTenant());
  std::vector<StoredRecord> List(const RecordFilter& filter, bool newest_first = false, int limit = 1'000,
                                 const Tenant& tenant = TestTenant());
  // The same, page by page; checks that each but the last has `page` records.
  std::vector<StoredRecord> ListInPages(const RecordFilter& filter, bool newest_first, int page,
                                        const Tenant& tenant = TestTenant());
  std::vector<Revision> Revisions(const calculator::RecordId& id);
  std::vector<DayTotal> DayTotals(const Thing& thing, int32_t first, int32_t last,
                                  engine::Direction direction = engine::Direction::kImport,
                                  const Tenant& tenant = TestTenant());
  SessionTotals TotalsOf(const std::string& session, engine::Direction direction = engine::Direction::kImport,
                         const Tenant& tenant = TestTenant());
  std::vector<std::string> LocationsOf(const std::string& device, const Tenant& tenant = TestTenant());
  engine::Int128 Usage(const std::string& location, const absl::TimeZone& zone, int64_t from_s, int64_t to_s,
                       engine::TariffRate rate = engine::TariffRate::kImport, const Tenant& tenant = TestTenant());
  std::vector<StaleRecords> Stale(const Tenant& tenant = TestTenant());

  // What the catalog's version is, for every tenant.
  std::atomic<uint64_t> catalog_version_{0};
  std::unique_ptr<StorePlace> place_;
  std::unique_ptr<RecordStore> store_;
};

// A write of records that need no price.
Write WriteOf(std::vector<StoredRecord> records, const Tenant& tenant = TestTenant());

// Days since 1970 of a second, by UTC.
int32_t DayOf(int64_t second);

absl::TimeZone ZoneNamed(const char* name);

}  // namespace costs::records::testing

#endif  // SERVICE_RECORDS_TESTING_RECORD_STORE_CONFORMANCE_H_
