#include "service/auth/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/auth/api_key.h"
#include "service/catalog/refusal.h"
#include "service/postgres/connection.h"
#include "service/postgres/testing/postgres_server.h"

namespace costs::auth {
namespace {

namespace v1 = energy::costs::v1;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

enum class StoreKind { kMemory, kSqlite, kPostgres };

// Started when it is first asked for, and stopped with the process.
postgres::PostgresServer& SharedServer() {
  static const auto server = [] {
    auto started = postgres::PostgresServer::Start({"fsync=off"});
    if (!started.ok()) {
      ADD_FAILURE() << started.status();
      abort();
    }
    return *std::move(started);
  }();
  return *server;
}

std::string NewDatabase() {
  static int count = 0;
  const std::string name = absl::StrCat("accounts_", ++count);
  postgres::ConnectOptions options;
  options.conninfo = SharedServer().url();
  auto connection = postgres::Connection::Open(options);
  EXPECT_TRUE(connection.ok()) << connection.status();
  EXPECT_TRUE((*connection)->Execute(absl::StrCat("CREATE DATABASE ", name)).ok());
  return SharedServer().url(name);
}

class AccountsTest : public ::testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    if (GetParam() == StoreKind::kPostgres) {
      COSTS_REQUIRE_POSTGRES();
      place_ = NewDatabase();
    } else if (GetParam() == StoreKind::kSqlite) {
      std::string name = ::testing::UnitTest::GetInstance()->current_test_info()->name();
      for (char& c : name) c = c == '/' ? '_' : c;
      place_ = absl::StrCat(::testing::TempDir(), "/", name);
      for (const char* end : {".accounts", ".accounts-wal", ".accounts-shm"}) {
        std::remove(absl::StrCat(place_, end).c_str());
      }
    }
    accounts_ = Open();
  }

  std::unique_ptr<Accounts> Open() {
    Accounts::Options options;
    options.store = place_;
    options.clock = [this] { return absl::FromUnixMicros(now_us_++); };
    options.follow_every = absl::Milliseconds(10);
    absl::StatusOr<std::unique_ptr<Accounts>> accounts = Accounts::Open(std::move(options));
    EXPECT_TRUE(accounts.ok()) << accounts.status();
    return *std::move(accounts);
  }

  v1::Account Create(const std::string& id) {
    v1::CreateAccountRequest request;
    request.mutable_account()->set_id(id);
    v1::Account account;
    const absl::Status status = accounts_->CreateAccount(request, &account);
    EXPECT_TRUE(status.ok()) << status;
    return account;
  }

  v1::CreateApiKeyResponse CreateKey(const std::string& account_id, bool live_mode = true) {
    v1::CreateApiKeyRequest request;
    request.set_account_id(account_id);
    request.set_live_mode(live_mode);
    v1::CreateApiKeyResponse key;
    const absl::Status status = accounts_->CreateApiKey(request, &key);
    EXPECT_TRUE(status.ok()) << status;
    return key;
  }

  absl::Status Disable(const std::string& id, bool disabled) {
    v1::UpdateAccountRequest request;
    request.mutable_account()->set_id(id);
    request.mutable_account()->set_disabled(disabled);
    v1::Account account;
    return accounts_->UpdateAccount(request, &account);
  }

  // The fields that a refusal names.
  static std::vector<std::string> FieldsOf(const absl::Status& status) {
    EXPECT_EQ(catalog::ReasonOf(status), "INVALID_FIELD") << status;
    std::vector<std::string> fields;
    for (const auto& violation : catalog::ViolationsOf(status)) fields.push_back(violation.field);
    return fields;
  }

  std::atomic<int64_t> now_us_{1'700'000'000'000'000};
  std::string place_;
  std::unique_ptr<Accounts> accounts_;
};

INSTANTIATE_TEST_SUITE_P(, AccountsTest,
                         ::testing::Values(StoreKind::kMemory, StoreKind::kSqlite, StoreKind::kPostgres),
                         [](const auto& info) {
                           return std::string(info.param == StoreKind::kMemory   ? "Memory"
                                              : info.param == StoreKind::kSqlite ? "Sqlite"
                                                                                 : "Postgres");
                         });

TEST_P(AccountsTest, Account_IsCreatedAndFound) {
  v1::CreateAccountRequest request;
  request.mutable_account()->set_display_name("Müller & Söhne");
  v1::Account made;
  ASSERT_TRUE(accounts_->CreateAccount(request, &made).ok());
  EXPECT_THAT(made.id(), StartsWith("acc_"));
  EXPECT_EQ(made.id().size(), 4u + 24);
  EXPECT_EQ(made.object(), "account");
  EXPECT_FALSE(made.disabled());
  EXPECT_TRUE(made.has_disabled());
  EXPECT_EQ(made.time_created().seconds(), 1'700'000'000);
  v1::GetAccountRequest get;
  get.set_id(made.id());
  v1::Account got;
  ASSERT_TRUE(accounts_->GetAccount(get, &got).ok());
  EXPECT_EQ(got.SerializeAsString(), made.SerializeAsString());
  EXPECT_NE(accounts_->directory().Get()->FindAccount(made.id()), nullptr);
}

TEST_P(AccountsTest, ChosenId_IsTakenOnce) {
  EXPECT_EQ(Create("acc_mine").id(), "acc_mine");
  v1::CreateAccountRequest request;
  request.mutable_account()->set_id("acc_mine");
  v1::Account account;
  const absl::Status status = accounts_->CreateAccount(request, &account);
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(catalog::ReasonOf(status), "ACCOUNT_EXISTS");
}

TEST_P(AccountsTest, WrongAccount_IsRefusedByField) {
  v1::Account account;
  v1::CreateAccountRequest request;
  EXPECT_THAT(FieldsOf(accounts_->CreateAccount(request, &account)), ElementsAre("account"));
  request.mutable_account()->set_id("a:b");
  request.mutable_account()->set_display_name(std::string(257, 'x'));
  EXPECT_THAT(FieldsOf(accounts_->CreateAccount(request, &account)), ElementsAre("account.display_name", "account.id"));
}

TEST_P(AccountsTest, Update_ChangesWhatIsMeantOnly) {
  Create("acc_1");
  v1::UpdateAccountRequest request;
  v1::Account account;
  request.mutable_account()->set_id("acc_1");
  request.mutable_account()->set_display_name("A");
  ASSERT_TRUE(accounts_->UpdateAccount(request, &account).ok());
  EXPECT_EQ(account.display_name(), "A");
  ASSERT_TRUE(Disable("acc_1", true).ok());
  EXPECT_TRUE(accounts_->directory().Get()->FindAccount("acc_1")->disabled);
  request.mutable_account()->set_display_name("B");
  request.mutable_update_mask()->add_paths("disabled");
  ASSERT_TRUE(accounts_->UpdateAccount(request, &account).ok());
  EXPECT_EQ(account.display_name(), "A");
  EXPECT_FALSE(account.disabled());
  EXPECT_FALSE(accounts_->directory().Get()->FindAccount("acc_1")->disabled);
  request.mutable_update_mask()->add_paths("id");
  EXPECT_THAT(FieldsOf(accounts_->UpdateAccount(request, &account)), ElementsAre("update_mask"));
}

TEST_P(AccountsTest, UnknownAccount_IsNotFound) {
  v1::Account account;
  v1::GetAccountRequest get;
  v1::CreateApiKeyRequest create;
  create.set_live_mode(true);
  v1::CreateApiKeyResponse key;
  v1::ListApiKeysRequest list;
  v1::ListApiKeysResponse keys;
  for (const std::string& id :
       {std::string("acc_x"), std::string("a\0b", 3), std::string("\xff"), std::string(99, 'x')}) {
    get.set_id(id);
    create.set_account_id(id);
    list.set_account_id(id);
    for (const absl::Status& status : {accounts_->GetAccount(get, &account), Disable(id, true),
                                       accounts_->CreateApiKey(create, &key), accounts_->ListApiKeys(list, &keys)}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kNotFound) << status;
      EXPECT_EQ(catalog::ReasonOf(status), "ACCOUNT_NOT_FOUND");
    }
  }
}

TEST_P(AccountsTest, Key_IsShownOnceAndKeptAsAHash) {
  Create("acc_1");
  const v1::CreateApiKeyResponse made = CreateKey("acc_1", false);
  EXPECT_THAT(made.secret(), StartsWith("sk_test_"));
  EXPECT_EQ(made.api_key().last4(), made.secret().substr(made.secret().size() - 4));
  EXPECT_EQ(made.api_key().id(), ReadApiKey(made.secret()).id);
  EXPECT_FALSE(made.api_key().live_mode());
  EXPECT_FALSE(made.api_key().has_expire_time());
  v1::ListApiKeysRequest list;
  list.set_account_id("acc_1");
  v1::ListApiKeysResponse keys;
  ASSERT_TRUE(accounts_->ListApiKeys(list, &keys).ok());
  ASSERT_EQ(keys.data_size(), 1);
  EXPECT_EQ(keys.data(0).SerializeAsString(), made.api_key().SerializeAsString());
  EXPECT_FALSE(absl::StrContains(keys.SerializeAsString(), made.secret().substr(32)));
  const auto directory = accounts_->directory().Get();
  const ApiKeyEntry* const entry = directory->FindKey(made.api_key().id());
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->account_id, "acc_1");
  EXPECT_FALSE(entry->live_mode);
  EXPECT_TRUE(Matches(made.secret(), entry->secret));
}

TEST_P(AccountsTest, WrongKey_IsRefusedByField) {
  Create("acc_1");
  v1::CreateApiKeyRequest request;
  v1::CreateApiKeyResponse key;
  request.mutable_expire_time()->set_seconds(1'600'000'000);
  EXPECT_THAT(FieldsOf(accounts_->CreateApiKey(request, &key)), ElementsAre("account_id", "live_mode", "expire_time"));
  request.set_account_id("acc_1");
  request.set_live_mode(true);
  for (const int64_t seconds : {int64_t{-1}, int64_t{253'402'300'799}}) {
    request.mutable_expire_time()->set_seconds(seconds);
    EXPECT_THAT(FieldsOf(accounts_->CreateApiKey(request, &key)), ElementsAre("expire_time"));
  }
  request.mutable_expire_time()->set_seconds(1'800'000'000);
  ASSERT_TRUE(accounts_->CreateApiKey(request, &key).ok());
  EXPECT_EQ(key.api_key().expire_time().seconds(), 1'800'000'000);
  EXPECT_EQ(accounts_->directory().Get()->FindKey(key.api_key().id())->expires, absl::FromUnixSeconds(1'800'000'000));
}

TEST_P(AccountsTest, RevokedKey_StaysRevoked) {
  Create("acc_1");
  const std::string id = CreateKey("acc_1").api_key().id();
  v1::RevokeApiKeyRequest request;
  request.set_id(id);
  for (int i = 0; i < 2; ++i) {
    v1::ApiKey key;
    ASSERT_TRUE(accounts_->RevokeApiKey(request, &key).ok());
    EXPECT_EQ(key.id(), id);
    EXPECT_TRUE(key.revoked());
    EXPECT_TRUE(accounts_->directory().Get()->FindKey(id)->revoked);
  }
  v1::ApiKey key;
  request.set_id("key_none");
  EXPECT_EQ(catalog::ReasonOf(accounts_->RevokeApiKey(request, &key)), "API_KEY_NOT_FOUND");
}

TEST_P(AccountsTest, Lists_GiveEachOnceTheLatestFirst) {
  for (int i = 0; i < 7; ++i) Create(absl::StrCat("acc_", i));
  std::vector<std::string> ids;
  v1::ListAccountsRequest request;
  request.set_page_size(3);
  for (;;) {
    v1::ListAccountsResponse page;
    ASSERT_TRUE(accounts_->ListAccounts(request, &page).ok());
    for (const v1::Account& account : page.data()) ids.push_back(account.id());
    EXPECT_EQ(page.has_more(), !page.next_page_token().empty());
    if (!page.has_more()) break;
    request.set_page_token(page.next_page_token());
  }
  EXPECT_THAT(ids, ElementsAre("acc_6", "acc_5", "acc_4", "acc_3", "acc_2", "acc_1", "acc_0"));

  for (int i = 0; i < 3; ++i) CreateKey("acc_1");
  CreateKey("acc_2");
  v1::ListApiKeysRequest keys;
  keys.set_account_id("acc_1");
  keys.set_page_size(2);
  v1::ListApiKeysResponse page;
  ASSERT_TRUE(accounts_->ListApiKeys(keys, &page).ok());
  EXPECT_EQ(page.data_size(), 2);
  keys.set_page_token(page.next_page_token());
  v1::ListApiKeysResponse rest;
  ASSERT_TRUE(accounts_->ListApiKeys(keys, &rest).ok());
  EXPECT_EQ(rest.data_size(), 1);
  // Of one list, a token is none of another's.
  keys.set_account_id("acc_2");
  EXPECT_THAT(FieldsOf(accounts_->ListApiKeys(keys, &rest)), ElementsAre("page_token"));
  request.set_page_size(-1);
  v1::ListAccountsResponse none;
  EXPECT_THAT(FieldsOf(accounts_->ListAccounts(request, &none)), ElementsAre("page_size"));
}

TEST_P(AccountsTest, Reopened_HasWhatWasThere) {
  if (GetParam() == StoreKind::kMemory) return;
  Create("acc_1");
  const v1::CreateApiKeyResponse key = CreateKey("acc_1");
  ASSERT_TRUE(Disable("acc_1", true).ok());
  accounts_.reset();
  accounts_ = Open();
  const auto directory = accounts_->directory().Get();
  EXPECT_TRUE(directory->FindAccount("acc_1")->disabled);
  EXPECT_TRUE(Matches(key.secret(), directory->FindKey(key.api_key().id())->secret));
}

TEST_P(AccountsTest, FileInUse_IsRefusedToASecond) {
  if (GetParam() != StoreKind::kSqlite) return;
  Accounts::Options options;
  options.store = place_;
  const auto second = Accounts::Open(std::move(options));
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("is in use by another process"));
}

class AccountsReplicasTest : public AccountsTest {};
INSTANTIATE_TEST_SUITE_P(, AccountsReplicasTest, ::testing::Values(StoreKind::kPostgres),
                         [](const auto&) { return std::string("Postgres"); });

// Waits until the other replica's directory shows it.
template <typename Condition>
bool Eventually(const Condition& condition) {
  for (int i = 0; i < 6000; ++i) {
    if (condition()) return true;
    absl::SleepFor(absl::Milliseconds(10));
  }
  return false;
}

TEST_P(AccountsReplicasTest, ChangesOfOne_AreFollowedByTheOther) {
  const std::unique_ptr<Accounts> other = Open();
  Create("acc_1");
  const std::string id = CreateKey("acc_1").api_key().id();
  EXPECT_TRUE(Eventually([&] { return other->directory().Get()->FindKey(id) != nullptr; }));
  EXPECT_NE(other->directory().Get()->FindAccount("acc_1"), nullptr);
  v1::RevokeApiKeyRequest request;
  request.set_id(id);
  v1::ApiKey key;
  ASSERT_TRUE(other->RevokeApiKey(request, &key).ok());
  EXPECT_TRUE(Eventually([&] { return accounts_->directory().Get()->FindKey(id)->revoked; }));
}

TEST_P(AccountsReplicasTest, ChangesOfBothAtOnce_AreAllFollowed) {
  const std::unique_ptr<Accounts> other = Open();
  constexpr int kEach = 30;
  std::vector<std::thread> threads;
  for (Accounts* accounts : {accounts_.get(), other.get()}) {
    threads.emplace_back([accounts, name = accounts == other.get() ? "b" : "a"] {
      for (int i = 0; i < kEach; ++i) {
        v1::CreateAccountRequest request;
        request.mutable_account()->set_id(absl::StrCat("acc_", name, i));
        v1::Account account;
        EXPECT_TRUE(accounts->CreateAccount(request, &account).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Accounts* accounts : {accounts_.get(), other.get()}) {
    for (const char* name : {"a", "b"}) {
      for (int i = 0; i < kEach; ++i) {
        const std::string id = absl::StrCat("acc_", name, i);
        EXPECT_TRUE(Eventually([&] { return accounts->directory().Get()->FindAccount(id) != nullptr; })) << id;
      }
    }
  }
}

}  // namespace
}  // namespace costs::auth
