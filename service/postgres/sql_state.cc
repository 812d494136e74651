#include "service/postgres/sql_state.h"

#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace costs::postgres {
namespace {

constexpr char kPayload[] = "costs/sqlstate";

struct Meaning {
  absl::string_view prefix;  // of the code; the first that fits counts
  absl::StatusCode code;
  absl::string_view text;
};

constexpr Meaning kMeanings[] = {
    {"53100", absl::StatusCode::kResourceExhausted, "the disk of the database is full"},
    {"53", absl::StatusCode::kUnavailable, "the database is short of memory or connections"},
    {"08", absl::StatusCode::kUnavailable, "the connection to the database was lost"},
    {"57P", absl::StatusCode::kUnavailable, "the database is starting or shutting down"},
    {"57014", absl::StatusCode::kUnavailable, "the database took too long"},
    {"55P03", absl::StatusCode::kUnavailable, "the database waited too long for a lock"},
    {"25006", absl::StatusCode::kUnavailable, "the database can only be read now"},
    {"25P0", absl::StatusCode::kUnavailable, "the database ended the transaction"},
    {"58", absl::StatusCode::kUnavailable, "the database cannot read or write its disk"},
    {"40001", absl::StatusCode::kAborted, "the transaction lost against another one"},
    {"40P01", absl::StatusCode::kAborted, "the transaction lost against another one"},
    {"23505", absl::StatusCode::kAlreadyExists, "a value is there already that must be the only one"},
    {"23", absl::StatusCode::kFailedPrecondition, "a constraint of the database was broken"},
    {"XX001", absl::StatusCode::kDataLoss, "the database found its data broken"},
    {"XX002", absl::StatusCode::kDataLoss, "the database found its data broken"},
    {"42501", absl::StatusCode::kInternal, "the database user lacks a privilege"},
    {"42", absl::StatusCode::kInternal, "the database does not understand the statement"},
    {"", absl::StatusCode::kInternal, "the database refused the statement"},
};

}  // namespace

absl::Status StatusOfSqlState(absl::string_view sql_state) {
  if (sql_state.empty()) return absl::UnavailableError("the connection to the database was lost");
  for (const Meaning& meaning : kMeanings) {
    if (!absl::StartsWith(sql_state, meaning.prefix)) continue;
    absl::Status status(meaning.code, absl::StrCat(meaning.text, " (PostgreSQL code ", sql_state, ")"));
    status.SetPayload(kPayload, absl::Cord(sql_state));
    return status;
  }
  return absl::InternalError("not reached");
}

std::string SqlStateOf(const absl::Status& status) {
  const absl::optional<absl::Cord> payload = status.GetPayload(kPayload);
  return payload ? std::string(*payload) : std::string();
}

bool LeavesCommitUnknown(absl::string_view sql_state) {
  // A server that shuts down may have committed before it said so.
  return sql_state.empty() || absl::StartsWith(sql_state, "08") || absl::StartsWith(sql_state, "57P") ||
         sql_state == "40003";
}

}  // namespace costs::postgres
