// A catalog for tests, with a clock and ids that tests set, and documents as text.
#ifndef SERVICE_CATALOG_TESTING_CATALOG_FIXTURE_H_
#define SERVICE_CATALOG_TESTING_CATALOG_FIXTURE_H_

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/text_format.h"
#include "service/catalog/catalog.h"

namespace costs::catalog::testing {

// A message from textproto; the test fails where it is none.
template <typename Message>
Message From(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

// An element of one rate at all times: textproto, without id.
std::string FlatElement(absl::string_view rate);

// A folder of its own, gone with the object.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  std::filesystem::path path;
};

// Of a tenant "acc_1"; the clock says 2026-01-01T00:00:00Z and goes on by a second
// at each look; ids are counted: "loc_000000000000000000000001", ...
class CatalogTest : public ::testing::Test {
 protected:
  // Opens the store that was named, or one in memory.
  void Open(const std::string& store = "");
  // Closes it, and opens it again.
  void Reopen();
  Catalog& catalog() { return *catalog_; }
  std::shared_ptr<const Snapshot> snapshot() { return catalog_->snapshots().Get(); }

  // Calls that have to succeed; textproto of the document.
  pb::Location AddLocation(const std::string& text);
  pb::TariffElement AddElement(const std::string& text);
  pb::SpecialDayCalendar AddCalendar(const std::string& text);
  pb::UploadMarketPricesResponse Upload(const std::string& text);
  pb::Location GetLocation(const std::string& id);
  pb::TariffElement GetElement(const std::string& id);

  Tenant tenant_ = {"acc_1", true};
  Catalog::Options options_;
  absl::Time now_ = absl::FromCivil(absl::CivilSecond(2026, 1, 1), absl::UTCTimeZone());
  int last_id_ = 0;
  TemporaryFolder folder_;
  std::unique_ptr<Catalog> catalog_;
};

}  // namespace costs::catalog::testing

#endif  // SERVICE_CATALOG_TESTING_CATALOG_FIXTURE_H_
