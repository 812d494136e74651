#include "service/postgres/sql_state.h"

#include "gtest/gtest.h"

namespace costs::postgres {
namespace {

TEST(SqlState_Status, EachClass_HasItsCode) {
  const std::pair<const char*, absl::StatusCode> kCases[] = {
      {"", absl::StatusCode::kUnavailable},
      {"08006", absl::StatusCode::kUnavailable},
      {"57P01", absl::StatusCode::kUnavailable},
      {"53300", absl::StatusCode::kUnavailable},
      {"53100", absl::StatusCode::kResourceExhausted},
      {"57014", absl::StatusCode::kUnavailable},
      {"55P03", absl::StatusCode::kUnavailable},
      {"25006", absl::StatusCode::kUnavailable},
      {"40001", absl::StatusCode::kAborted},
      {"40P01", absl::StatusCode::kAborted},
      {"23505", absl::StatusCode::kAlreadyExists},
      {"23514", absl::StatusCode::kFailedPrecondition},
      {"XX001", absl::StatusCode::kDataLoss},
      {"42P01", absl::StatusCode::kInternal},
      {"22003", absl::StatusCode::kInternal},
  };
  for (const auto& [sql_state, code] : kCases) {
    EXPECT_EQ(StatusOfSqlState(sql_state).code(), code) << sql_state;
    EXPECT_EQ(SqlStateOf(StatusOfSqlState(sql_state)), sql_state);
  }
}

TEST(SqlState_Commit, LostConnection_LeavesItUnknown) {
  EXPECT_TRUE(LeavesCommitUnknown(""));
  EXPECT_TRUE(LeavesCommitUnknown("57P01"));
  EXPECT_FALSE(LeavesCommitUnknown("40001"));
  EXPECT_FALSE(LeavesCommitUnknown("53100"));
}

}  // namespace
}  // namespace costs::postgres
