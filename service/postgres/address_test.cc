#include "service/postgres/address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace costs::postgres {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Address, Url_IsKnownByItsScheme) {
  EXPECT_TRUE(IsUrl("postgres://host/db"));
  EXPECT_TRUE(IsUrl("postgresql:///db"));
  EXPECT_FALSE(IsUrl("/var/lib/costs/postgres.db"));
  EXPECT_FALSE(IsUrl("host=localhost"));
  EXPECT_FALSE(IsUrl(""));
}

TEST(Address, OfAUrl_HasHostAndDatabaseAlone) {
  EXPECT_EQ(*AddressOf("postgres://costs:secret@db.example:5433/prices?sslmode=require"), "db.example:5433/prices");
  EXPECT_EQ(*AddressOf("postgresql://db.example/prices?password=secret"), "db.example/prices");
  EXPECT_EQ(*AddressOf("postgresql:///prices?host=/run/postgresql"), "/run/postgresql/prices");
}

TEST(Address, OfWhatIsNone_IsAnErrorThatTellsNothing) {
  const absl::Status status = AddressOf("postgres://costs:secret@[db/prices").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace costs::postgres
