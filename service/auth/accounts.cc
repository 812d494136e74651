#include "service/auth/accounts.h"

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "service/auth/api_key.h"
#include "service/auth/refusals.h"
#include "service/auth/secrets.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/list_page.h"
#include "service/catalog/names.h"
#include "service/catalog/refusal.h"

namespace costs::auth {
namespace {

namespace v1 = energy::costs::v1;
using catalog::Invalid;

constexpr size_t kMostNameBytes = 256;
constexpr size_t kIdBytes = 12;
constexpr size_t kLast = 4;
// 9999-12-31T23:59:59Z is not in range of nanoseconds; this is: 2262-01-01.
constexpr int64_t kLatestSecond = 9'214'646'400;
constexpr int kNanosPerSecond = 1'000'000'000;

constexpr char kAccountColumns[] = "id, display_name, disabled, created";
constexpr char kKeyColumns[] = "id, account_id, live_mode, display_name, last4, created, expires, revoked";

void SetTime(int64_t ns, google::protobuf::Timestamp* time) {
  time->set_seconds(ns / kNanosPerSecond);
  time->set_nanos(static_cast<int32_t>(ns % kNanosPerSecond));
}

v1::Account AccountOf(const sql::Query& row) {
  v1::Account account;
  account.set_id(std::string(row.Text(0)));
  account.set_object("account");
  account.set_display_name(std::string(row.Text(1)));
  account.set_disabled(row.Int(2) != 0);
  SetTime(row.Int(3), account.mutable_time_created());
  return account;
}

v1::ApiKey KeyOf(const sql::Query& row) {
  v1::ApiKey key;
  key.set_id(std::string(row.Text(0)));
  key.set_object("api_key");
  key.set_account_id(std::string(row.Text(1)));
  key.set_live_mode(row.Int(2) != 0);
  key.set_display_name(std::string(row.Text(3)));
  key.set_last4(std::string(row.Text(4)));
  SetTime(row.Int(5), key.mutable_time_created());
  if (row.Int(6) != 0) SetTime(row.Int(6), key.mutable_expire_time());
  key.set_revoked(row.Int(7) != 0);
  return key;
}

std::vector<catalog::FieldViolation> NameFaults(absl::string_view field, absl::string_view name) {
  if (name.size() <= kMostNameBytes && name.find('\0') == absl::string_view::npos) return {};
  return {{std::string(field),
           absl::StrCat("must be at most ", kMostNameBytes, " bytes long, without the character U+0000; shorten it")}};
}

absl::Status AccountNotFound(absl::string_view id) {
  return catalog::Refuse(absl::StatusCode::kNotFound, "ACCOUNT_NOT_FOUND",
                         absl::StrCat("there is no account ", catalog::Quoted(id), "; ListAccounts tells which are"));
}

absl::Status KeyNotFound(absl::string_view id) {
  return catalog::Refuse(
      absl::StatusCode::kNotFound, "API_KEY_NOT_FOUND",
      absl::StrCat("there is no API key ", catalog::Quoted(id), "; ListApiKeys tells which an account has"));
}

// The end of a key in nanoseconds; 0: never.
absl::StatusOr<int64_t> EndOf(const v1::CreateApiKeyRequest& request, int64_t now) {
  if (!request.has_expire_time()) return 0;
  const google::protobuf::Timestamp& time = request.expire_time();
  if (time.seconds() < 0 || time.seconds() > kLatestSecond || time.nanos() < 0 || time.nanos() >= kNanosPerSecond) {
    return Invalid({{"expire_time", "must be a time before 2262; leave it out for a key that never ends"}});
  }
  const int64_t end = time.seconds() * kNanosPerSecond + time.nanos();
  if (end <= now) {
    return Invalid({{"expire_time", "must be in the future; leave it out for a key that never ends"}});
  }
  return end;
}

// What an update changes.
struct Changes {
  bool display_name = false;
  bool disabled = false;
};

absl::StatusOr<Changes> ChangesOf(const v1::UpdateAccountRequest& request) {
  Changes changes;
  if (request.update_mask().paths().empty()) {
    changes.display_name = !request.account().display_name().empty();
    changes.disabled = request.account().has_disabled();
  }
  for (const std::string& path : request.update_mask().paths()) {
    if (path != "*" && path != "display_name" && path != "disabled") {
      return Invalid({{"update_mask", absl::StrCat("names ", catalog::Quoted(path),
                                                   "; what can be changed is display_name and disabled")}});
    }
    changes.display_name = changes.display_name || path != "disabled";
    changes.disabled = changes.disabled || path != "display_name";
  }
  return changes;
}

// The rows of a list that is ordered by `created` and id, the latest first. `Item` of
// each row; `response` has data, has_more and next_page_token.
template <typename Response, typename ItemOf>
absl::Status ReadPage(sql::Query* rows, int size, uint64_t list, int created_column, const ItemOf& item,
                      Response* response) {
  catalog::ListPosition last;
  response->set_object("list");
  response->set_has_more(false);
  while (rows->Next()) {
    if (response->data_size() == size) {
      response->set_has_more(true);
      break;
    }
    *response->add_data() = item(*rows);
    last = {rows->Int(created_column), std::string(rows->Text(0))};
  }
  if (!rows->status().ok()) return AccountsStoreRefusal(rows->status());
  if (response->has_more()) response->set_next_page_token(catalog::PageToken(list, last));
  return absl::OkStatus();
}

// What the first page comes after.
const catalog::ListPosition kBeginning = {std::numeric_limits<int64_t>::max(), ""};

}  // namespace

Accounts::Accounts(Options options, AccountsStore store) : options_(std::move(options)), store_(std::move(store)) {}

absl::StatusOr<std::unique_ptr<Accounts>> Accounts::Open(Options options) {
  absl::StatusOr<AccountsStore> store = OpenAccountsStore(options.store);
  if (!store.ok()) return store.status();
  std::unique_ptr<Accounts> accounts(new Accounts(std::move(options), *std::move(store)));
  if (absl::Status status = accounts->CatchUp(accounts->store_.writer.get()); !status.ok()) return status;
  if (accounts->store_.follower != nullptr) {
    accounts->follow_ =
        std::make_unique<Periodic>(accounts->options_.follow_every, [a = accounts.get()] { a->Follow(); });
  }
  return accounts;
}

void Accounts::Follow() {
  const absl::Status status = CatchUp(store_.follower.get());
  if (status.ok() != following_) options_.on_following(status);
  following_ = status.ok();
}

absl::Status Accounts::CatchUp(sql::Database* database) {
  const std::lock_guard<std::mutex> lock(directory_mutex_);
  absl::StatusOr<int64_t> latest = database->Number("SELECT revision FROM accounts_revision");
  if (!latest.ok()) return latest.status();
  if (*latest <= revision_) return absl::OkStatus();
  // What is committed meanwhile may be read as well, and then is read once more.
  std::vector<AccountEntry> accounts;
  {
    sql::Query rows = database->Prepare("SELECT id, disabled FROM accounts WHERE revision > ?1");
    rows.Bind(1, revision_);
    while (rows.Next()) accounts.push_back({std::string(rows.Text(0)), rows.Int(1) != 0});
    if (!rows.status().ok()) return rows.status();
  }
  std::vector<ApiKeyEntry> keys;
  {
    sql::Query rows = database->Prepare(
        "SELECT id, account_id, live_mode, salt, hash, expires, revoked FROM api_keys WHERE revision > ?1");
    rows.Bind(1, revision_);
    while (rows.Next()) {
      ApiKeyEntry key;
      key.id = std::string(rows.Text(0));
      key.account_id = std::string(rows.Text(1));
      key.live_mode = rows.Int(2) != 0;
      key.secret = {std::string(rows.Blob(3)), std::string(rows.Blob(4))};
      if (rows.Int(5) != 0) key.expires = absl::FromUnixNanos(rows.Int(5));
      key.revoked = rows.Int(6) != 0;
      keys.push_back(std::move(key));
    }
    if (!rows.status().ok()) return rows.status();
  }
  directory_.Set(std::make_shared<const Directory>(*directory_.Get(), std::move(accounts), std::move(keys)));
  revision_ = *latest;
  return absl::OkStatus();
}

absl::Status Accounts::Commit(const std::function<absl::Status(int64_t revision)>& write) {
  {
    sql::Transaction transaction(store_.writer.get());
    if (!transaction.status().ok()) return AccountsStoreRefusal(transaction.status());
    // Locks the row, where others may change it.
    int64_t revision = 0;
    {
      sql::Query next =
          store_.writer->Prepare("UPDATE accounts_revision SET revision = revision + 1 RETURNING revision");
      if (next.Next()) revision = next.Int(0);
      if (!next.status().ok()) return AccountsStoreRefusal(next.status());
    }
    if (absl::Status status = write(revision); !status.ok()) return AccountsStoreRefusal(status);
    if (absl::Status status = transaction.Commit(); !status.ok()) return AccountsStoreRefusal(status);
  }
  // It is committed; where it cannot be read now, it is followed later.
  (void)CatchUp(store_.writer.get());
  return absl::OkStatus();
}

absl::StatusOr<std::optional<v1::Account>> Accounts::FindAccount(const std::string& id) {
  // Also keeps from the database what it cannot take.
  if (!catalog::IsId(id)) return std::optional<v1::Account>();
  sql::Query row = store_.writer->Prepare(absl::StrCat("SELECT ", kAccountColumns, " FROM accounts WHERE id = ?1"));
  std::optional<v1::Account> account;
  if (row.Bind(1, id).Next()) account = AccountOf(row);
  if (!row.status().ok()) return AccountsStoreRefusal(row.status());
  return account;
}

absl::StatusOr<std::optional<v1::ApiKey>> Accounts::FindKey(const std::string& id) {
  if (!catalog::IsId(id)) return std::optional<v1::ApiKey>();
  sql::Query row = store_.writer->Prepare(absl::StrCat("SELECT ", kKeyColumns, " FROM api_keys WHERE id = ?1"));
  std::optional<v1::ApiKey> key;
  if (row.Bind(1, id).Next()) key = KeyOf(row);
  if (!row.status().ok()) return AccountsStoreRefusal(row.status());
  return key;
}

absl::Status Accounts::RequireAccount(const std::string& id) {
  const absl::StatusOr<std::optional<v1::Account>> account = FindAccount(id);
  if (!account.ok()) return account.status();
  return *account ? absl::OkStatus() : AccountNotFound(id);
}

absl::Status Accounts::CreateAccount(const v1::CreateAccountRequest& request, v1::Account* response) {
  if (!request.has_account()) return Invalid({{"account", "is required; it may be empty"}});
  std::string id = request.account().id();
  std::vector<catalog::FieldViolation> faults = NameFaults("account.display_name", request.account().display_name());
  if (!id.empty() && !catalog::IsId(id)) {
    faults.push_back({"account.id", absl::StrCat("is ", catalog::Quoted(id), "; it must be ", catalog::kIdWanted)});
  }
  if (!faults.empty()) return Invalid(faults);
  if (id.empty()) id = absl::StrCat("acc_", absl::BytesToHexString(RandomBytes(kIdBytes)));

  const std::lock_guard<std::mutex> lock(writer_mutex_);
  const int64_t now = NowNs();
  const absl::Status status = Commit([&](int64_t revision) -> absl::Status {
    const absl::StatusOr<std::optional<v1::Account>> known = FindAccount(id);
    if (!known.ok()) return known.status();
    if (*known) {
      return catalog::Refuse(absl::StatusCode::kAlreadyExists, "ACCOUNT_EXISTS",
                             absl::StrCat("there is an account ", catalog::Quoted(id), " already; choose another id"));
    }
    return store_.writer
        ->Prepare("INSERT INTO accounts (id, display_name, disabled, created, revision) VALUES (?1, ?2, ?3, ?4, ?5)")
        .Bind(1, id)
        .Bind(2, request.account().display_name())
        .Bind(3, request.account().disabled())
        .Bind(4, now)
        .Bind(5, revision)
        .Run();
  });
  if (!status.ok()) return status;
  response->set_id(id);
  response->set_object("account");
  response->set_display_name(request.account().display_name());
  response->set_disabled(request.account().disabled());
  SetTime(now, response->mutable_time_created());
  return absl::OkStatus();
}

absl::Status Accounts::GetAccount(const v1::GetAccountRequest& request, v1::Account* response) {
  const std::lock_guard<std::mutex> lock(writer_mutex_);
  absl::StatusOr<std::optional<v1::Account>> account = FindAccount(request.id());
  if (!account.ok()) return account.status();
  if (!*account) return AccountNotFound(request.id());
  *response = **std::move(account);
  return absl::OkStatus();
}

absl::Status Accounts::ListAccounts(const v1::ListAccountsRequest& request, v1::ListAccountsResponse* response) {
  const uint64_t list = catalog::ListHash("accounts", {}, {});
  const absl::StatusOr<catalog::ListPart> part = catalog::PartOfToken(request.page_size(), request.page_token(), list);
  if (!part.ok()) return part.status();
  const catalog::ListPosition after = part->after.value_or(kBeginning);
  const std::lock_guard<std::mutex> lock(writer_mutex_);
  sql::Query rows = store_.writer->Prepare(
      absl::StrCat("SELECT ", kAccountColumns,
                   " FROM accounts WHERE (created, id) < (?1, ?2) ORDER BY created DESC, id DESC LIMIT ?3"));
  rows.Bind(1, after.created).Bind(2, after.id).Bind(3, part->size + 1);
  return ReadPage(&rows, part->size, list, 3, AccountOf, response);
}

absl::Status Accounts::UpdateAccount(const v1::UpdateAccountRequest& request, v1::Account* response) {
  const std::string& id = request.account().id();
  const absl::StatusOr<Changes> changes = ChangesOf(request);
  if (!changes.ok()) return changes.status();
  std::vector<catalog::FieldViolation> faults = NameFaults("account.display_name", request.account().display_name());
  if (id.empty()) faults.push_back({"account.id", "is required; ListAccounts tells which there are"});
  if (!faults.empty()) return Invalid(faults);

  const std::lock_guard<std::mutex> lock(writer_mutex_);
  return Commit([&](int64_t revision) -> absl::Status {
    absl::StatusOr<std::optional<v1::Account>> known = FindAccount(id);
    if (!known.ok()) return known.status();
    if (!*known) return AccountNotFound(id);
    v1::Account account = **std::move(known);
    if (changes->display_name) account.set_display_name(request.account().display_name());
    if (changes->disabled) account.set_disabled(request.account().disabled());
    *response = account;
    return store_.writer->Prepare("UPDATE accounts SET display_name = ?2, disabled = ?3, revision = ?4 WHERE id = ?1")
        .Bind(1, id)
        .Bind(2, account.display_name())
        .Bind(3, account.disabled())
        .Bind(4, revision)
        .Run();
  });
}

absl::Status Accounts::CreateApiKey(const v1::CreateApiKeyRequest& request, v1::CreateApiKeyResponse* response) {
  const int64_t now = NowNs();
  std::vector<catalog::FieldViolation> faults = NameFaults("display_name", request.display_name());
  if (request.account_id().empty()) faults.push_back({"account_id", "is required; CreateAccount makes one"});
  if (!request.has_live_mode()) {
    faults.push_back({"live_mode", "is required; true for the account's live mode, false for test mode"});
  }
  const absl::StatusOr<int64_t> end = EndOf(request, now);
  if (!end.ok()) {
    const std::vector<catalog::FieldViolation> more = catalog::ViolationsOf(end.status());
    faults.insert(faults.end(), more.begin(), more.end());
  }
  if (!faults.empty()) return Invalid(faults);

  const NewApiKey made = MakeApiKey(request.live_mode());
  const SecretHash kept = HashOf(made.text);
  v1::ApiKey key;
  key.set_id(made.id);
  key.set_object("api_key");
  key.set_account_id(request.account_id());
  key.set_live_mode(request.live_mode());
  key.set_display_name(request.display_name());
  key.set_last4(made.text.substr(made.text.size() - kLast));
  SetTime(now, key.mutable_time_created());
  if (*end != 0) SetTime(*end, key.mutable_expire_time());
  key.set_revoked(false);

  const std::lock_guard<std::mutex> lock(writer_mutex_);
  const absl::Status status = Commit([&](int64_t revision) -> absl::Status {
    if (absl::Status there = RequireAccount(request.account_id()); !there.ok()) return there;
    return store_.writer
        ->Prepare(
            "INSERT INTO api_keys (id, account_id, live_mode, display_name, salt, hash, last4, created, expires, "
            "revoked, revision) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")
        .Bind(1, key.id())
        .Bind(2, key.account_id())
        .Bind(3, key.live_mode())
        .Bind(4, key.display_name())
        .BindBlob(5, kept.salt)
        .BindBlob(6, kept.hash)
        .Bind(7, key.last4())
        .Bind(8, now)
        .Bind(9, *end)
        .Bind(10, false)
        .Bind(11, revision)
        .Run();
  });
  if (!status.ok()) return status;
  *response->mutable_api_key() = std::move(key);
  response->set_secret(made.text);
  return absl::OkStatus();
}

absl::Status Accounts::ListApiKeys(const v1::ListApiKeysRequest& request, v1::ListApiKeysResponse* response) {
  const uint64_t list = catalog::ListHash("api_keys", {}, {request.account_id()});
  const absl::StatusOr<catalog::ListPart> part = catalog::PartOfToken(request.page_size(), request.page_token(), list);
  if (!part.ok()) return part.status();
  const catalog::ListPosition after = part->after.value_or(kBeginning);
  const std::lock_guard<std::mutex> lock(writer_mutex_);
  if (absl::Status there = RequireAccount(request.account_id()); !there.ok()) return there;
  sql::Query rows =
      store_.writer->Prepare(absl::StrCat("SELECT ", kKeyColumns,
                                          " FROM api_keys WHERE account_id = ?1 AND (created, id) < (?2, ?3) "
                                          "ORDER BY created DESC, id DESC LIMIT ?4"));
  rows.Bind(1, request.account_id()).Bind(2, after.created).Bind(3, after.id).Bind(4, part->size + 1);
  return ReadPage(&rows, part->size, list, 5, KeyOf, response);
}

absl::Status Accounts::RevokeApiKey(const v1::RevokeApiKeyRequest& request, v1::ApiKey* response) {
  const std::lock_guard<std::mutex> lock(writer_mutex_);
  return Commit([&](int64_t revision) -> absl::Status {
    absl::StatusOr<std::optional<v1::ApiKey>> known = FindKey(request.id());
    if (!known.ok()) return known.status();
    if (!*known) return KeyNotFound(request.id());
    *response = **std::move(known);
    response->set_revoked(true);
    return store_.writer->Prepare("UPDATE api_keys SET revoked = ?2, revision = ?3 WHERE id = ?1")
        .Bind(1, request.id())
        .Bind(2, true)
        .Bind(3, revision)
        .Run();
  });
}

}  // namespace costs::auth
