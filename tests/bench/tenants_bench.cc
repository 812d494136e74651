// What tenants cost a process that serves them: the memory of one without entries and
// of one with a location and a tariff element, the time to open all of them as at the
// start, and a look-up among them.
//
//   bazel run --config=opt //tests/bench:tenants_bench
//
// Prints one line for each figure.
#include <malloc.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/text_format.h"
#include "service/catalog/catalogs.h"

namespace costs::catalog {
namespace {

constexpr int kTenants = 10'000;
constexpr int kLookUps = 5'000'000;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::exit(1);
}

double KilobytesInUse() {
  const struct mallinfo2 info = mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd) / 1024;
}

template <typename Message>
Message From(const std::string& text) {
  Message message;
  if (!google::protobuf::TextFormat::ParseFromString(text, &message)) std::exit(1);
  return message;
}

CatalogDocuments SmallCatalog(int i) {
  CatalogDocuments documents;
  documents.locations.push_back(
      From<pb::Location>("id: 'home' timezone: 'Europe/London' currency_code: 'GBP' tariff_elements: 'flat'"));
  documents.elements.push_back(From<pb::TariffElement>(absl::StrCat(
      "id: 'flat' currency_code: 'GBP' direction: IMPORT type: COMMODITY schedule { days_and_hours { hours { rate { "
      "fixed: 0.",
      10 + i % 90, " } } } }")));
  return documents;
}

std::unique_ptr<Catalogs> Open(const std::string& store) {
  Catalogs::Options options;
  options.store = store;
  absl::StatusOr<std::unique_ptr<Catalogs>> catalogs = Catalogs::Open(std::move(options));
  Require(catalogs.status());
  return *std::move(catalogs);
}

std::string AccountOf(int i) { return absl::StrCat("acc_", 100'000 + i); }

void Run(const std::string& store) {
  {
    std::unique_ptr<Catalogs> catalogs = Open(store);
    absl::Time begin = absl::Now();
    for (int i = 0; i < kTenants; ++i) {
      const absl::StatusOr<Catalog*> catalog = catalogs->Get({AccountOf(i), true});
      Require(catalog.status());
      Require((*catalog)->Replace(SmallCatalog(i)));
    }
    std::printf("filled %d tenants in %.1f s\n", kTenants, absl::ToDoubleSeconds(absl::Now() - begin));
  }
  malloc_trim(0);
  double before = KilobytesInUse();
  absl::Time begin = absl::Now();
  std::unique_ptr<Catalogs> catalogs = Open(store);
  std::printf("opened %zu tenants in %.2f s\n", catalogs->tenants().size(), absl::ToDoubleSeconds(absl::Now() - begin));
  std::printf("a tenant with one location and one element: %.2f KiB\n", (KilobytesInUse() - before) / kTenants);

  before = KilobytesInUse();
  begin = absl::Now();
  for (int i = 0; i < kTenants; ++i) Require(catalogs->Get({AccountOf(i), false}).status());
  std::printf("a tenant without entries: %.2f KiB, opened in %.0f us\n", (KilobytesInUse() - before) / kTenants,
              absl::ToDoubleMicroseconds(absl::Now() - begin) / kTenants);

  std::vector<std::string> accounts;
  for (int i = 0; i < 16; ++i) accounts.push_back(AccountOf(i * 600));
  begin = absl::Now();
  uint64_t versions = 0;
  for (int i = 0; i < kLookUps; ++i) versions += catalogs->Find(accounts[i % accounts.size()], true)->version();
  std::printf("a look-up among %d: %.0f ns (%llu)\n", 2 * kTenants,
              absl::ToDoubleNanoseconds(absl::Now() - begin) / kLookUps, static_cast<unsigned long long>(versions));
}

}  // namespace
}  // namespace costs::catalog

int main() {
  std::string folder = (std::filesystem::temp_directory_path() / "tenantsXXXXXX").string();
  if (mkdtemp(&folder[0]) == nullptr) return 1;
  costs::catalog::Run((std::filesystem::path(folder) / "catalog.db").string());
  std::filesystem::remove_all(folder);
  return 0;
}
