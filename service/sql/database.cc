#include "service/sql/database.h"

namespace costs::sql {

absl::StatusOr<int64_t> Database::Number(absl::string_view sql) {
  Query query = Prepare(sql);
  const int64_t number = query.Next() ? query.Int(0) : 0;
  if (!query.status().ok()) return query.status();
  return number;
}

Transaction::Transaction(Database* database, Kind kind)
    : database_(database), status_(database->Begin(kind == Kind::kRead)) {
  over_ = !status_.ok();
}

Transaction::~Transaction() {
  // Some errors have rolled back already.
  if (!over_ && database_->in_transaction()) database_->Rollback();
}

absl::Status Transaction::Commit() {
  if (over_) return status_.ok() ? absl::FailedPreconditionError("the transaction is over") : status_;
  status_ = database_->Commit();
  if (!status_.ok() && database_->in_transaction()) database_->Rollback();
  over_ = true;
  return status_;
}

}  // namespace costs::sql
