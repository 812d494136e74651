#include "service/postgres/database.h"

#include <limits>
#include <random>
#include <utility>

#include "absl/strings/match.h"
#include "absl/time/clock.h"

namespace costs::postgres {
namespace {

// Statements that are sent together.
constexpr size_t kMostGathered = 1000;
// After an attempt to connect that failed, calls fail at once for so long.
constexpr absl::Duration kAttemptPause = absl::Milliseconds(100);

absl::Status Unreachable() { return absl::UnavailableError("the database cannot be reached"); }

// "?12" as "$12". Our statements have no other question marks.
std::string WithDollars(absl::string_view sql) {
  std::string text(sql);
  for (char& c : text) {
    if (c == '?') c = '$';
  }
  return text;
}

}  // namespace

class Database::Prepared final : public sql::Statement {
 public:
  Prepared(Database* database, absl::string_view sql) : database_(database), sql_(WithDollars(sql)) {}

  absl::Status Bind(int parameter, int64_t value) override {
    At(parameter) = {Value::Kind::kInt, value, {}};
    return absl::OkStatus();
  }

  absl::Status BindText(int parameter, absl::string_view text) override {
    if (text.find('\0') != absl::string_view::npos) {
      return absl::InvalidArgumentError("a text has the character U+0000, which the database does not take");
    }
    At(parameter) = {Value::Kind::kText, 0, std::string(text)};
    return absl::OkStatus();
  }

  absl::Status BindBlob(int parameter, absl::string_view bytes) override {
    At(parameter) = {Value::Kind::kBytes, 0, std::string(bytes)};
    return absl::OkStatus();
  }

  absl::Status BindNull(int parameter) override {
    At(parameter) = {};
    return absl::OkStatus();
  }

  bool Next(absl::Status* error) override {
    if (!result_) {
      absl::StatusOr<Result> result = database_->Run({sql_, TakeParams()});
      if (!result.ok()) {
        *error = result.status();
        return false;
      }
      result_.emplace(*std::move(result));
      row_ = -1;
    }
    if (row_ + 1 >= result_->rows()) return false;
    ++row_;
    return true;
  }

  absl::Status Run() override {
    if (result_) return absl::OkStatus();
    if (database_->in_transaction()) return database_->Gather({sql_, TakeParams()});
    return database_->Run({sql_, TakeParams()}).status();
  }

  int64_t Int(int column) const override { return result_->Int(row_, column); }
  absl::string_view Text(int column) const override { return result_->Text(row_, column); }
  absl::string_view Blob(int column) const override { return result_->Bytes(row_, column); }
  bool IsNull(int column) const override { return result_->IsNull(row_, column); }

  void Reset() override {
    result_.reset();
    values_.clear();
  }

 private:
  struct Value {
    enum class Kind { kNull, kInt, kText, kBytes };
    Kind kind = Kind::kNull;
    int64_t number = 0;
    std::string text;
  };

  Value& At(int parameter) {
    const auto count = static_cast<size_t>(parameter);
    if (values_.size() < count) values_.resize(count);
    return values_[count - 1];
  }

  Params TakeParams() {
    Params params;
    for (Value& value : values_) {
      switch (value.kind) {
        case Value::Kind::kNull:
          params.Null();
          break;
        case Value::Kind::kInt:
          params.Int(value.number);
          break;
        case Value::Kind::kText:
          params.Text(value.text);
          break;
        case Value::Kind::kBytes:
          params.Binary(std::move(value.text));
          break;
      }
    }
    values_.clear();
    return params;
  }

  Database* const database_;
  const std::string sql_;
  std::vector<Value> values_;
  std::optional<Result> result_;
  int row_ = -1;
};

absl::StatusOr<std::unique_ptr<Database>> Database::Open(const ConnectOptions& options) {
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options);
  if (!connection.ok()) return connection.status();
  return std::unique_ptr<Database>(new Database(options, *std::move(connection)));
}

Database::Database(const ConnectOptions& options, std::unique_ptr<Connection> connection)
    : options_(options), connection_(std::move(connection)) {}

Database::~Database() = default;

absl::Status Database::Connect() {
  if (connection_ != nullptr && connection_->alive()) return absl::OkStatus();
  if (absl::Now() < next_attempt_) return Unreachable();
  connection_.reset();
  absl::StatusOr<std::unique_ptr<Connection>> connection = Connection::Open(options_);
  if (!connection.ok()) {
    next_attempt_ = absl::Now() + kAttemptPause;
    return Unreachable();
  }
  connection_ = *std::move(connection);
  return absl::OkStatus();
}

absl::Status Database::Begin(bool read_only) {
  if (transaction_) return absl::FailedPreconditionError("a transaction is under way");
  if (absl::Status status = Connect(); !status.ok()) return status;
  kind_ = read_only ? Transaction::Kind::kRead : Transaction::Kind::kWrite;
  transaction_.emplace(connection_.get(), kind_);
  answered_ = false;
  error_ = absl::OkStatus();
  return absl::OkStatus();
}

absl::Status Database::Commit() {
  absl::Status status = error_;
  if (status.ok()) status = transaction_->Commit(gathered_);
  Rollback();
  return status;
}

void Database::Rollback() {
  gathered_.clear();
  transaction_.reset();
}

absl::Status Database::Fail(const absl::Status& error) {
  if (error_.ok()) error_ = error;
  gathered_.clear();
  return error_;
}

absl::StatusOr<std::vector<Result>> Database::Send() {
  absl::StatusOr<std::vector<Result>> results = transaction_->Run(gathered_);
  if (!results.ok() && !answered_ && !connection_->alive()) {
    // It was lost before the transaction began, which nobody could know.
    transaction_.reset();
    if (absl::Status status = Connect(); !status.ok()) {
      transaction_.emplace(nullptr, kind_);
      return Fail(status);
    }
    transaction_.emplace(connection_.get(), kind_);
    results = transaction_->Run(gathered_);
  }
  if (!results.ok()) return Fail(results.status());
  answered_ = true;
  gathered_.clear();
  return results;
}

absl::Status Database::Gather(Statement statement) {
  if (!error_.ok()) return error_;
  gathered_.push_back(std::move(statement));
  return gathered_.size() < kMostGathered ? absl::OkStatus() : Send().status();
}

absl::StatusOr<Result> Database::RunInTransaction(Statement statement) {
  if (!error_.ok()) return error_;
  gathered_.push_back(std::move(statement));
  absl::StatusOr<std::vector<Result>> results = Send();
  if (!results.ok()) return results.status();
  return std::move(results->back());
}

absl::StatusOr<Result> Database::Run(Statement statement) {
  if (transaction_) return RunInTransaction(std::move(statement));
  if (absl::Status status = Connect(); !status.ok()) return status;
  absl::StatusOr<Result> result = connection_->Query(statement.sql, statement.params);
  // What only reads can be done twice.
  if (result.ok() || connection_->alive() || !absl::StartsWith(statement.sql, "SELECT")) return result;
  if (absl::Status status = Connect(); !status.ok()) return status;
  return connection_->Query(statement.sql, statement.params);
}

absl::Status Database::Execute(absl::string_view sql) {
  if (!transaction_) {
    if (absl::Status status = Connect(); !status.ok()) return status;
    return connection_->Execute(sql);
  }
  if (!error_.ok()) return error_;
  if (absl::Status status = Send().status(); !status.ok()) return status;
  absl::Status status = connection_->Execute(sql);
  return status.ok() ? status : Fail(status);
}

sql::Query Database::Prepare(absl::string_view sql) {
  auto known = prepared_.find(sql);
  if (known == prepared_.end()) {
    known = prepared_.emplace(std::string(sql), std::make_unique<Prepared>(this, sql)).first;
  }
  return sql::Query(known->second.get(), absl::OkStatus());
}

std::optional<int64_t> Database::NewKey() {
  std::random_device device;
  std::uniform_int_distribution<int64_t> keys(1, std::numeric_limits<int64_t>::max());
  return keys(device);
}

}  // namespace costs::postgres
