// Callers on many threads, while accounts, keys and signing keys change under them.
#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/auth/token.h"
#include "service/auth/token_authenticator.h"

namespace costs::auth {
namespace {

constexpr int kAccounts = 8;

std::string AccountId(int i) { return absl::StrCat("acc_", i); }

TEST(TokenAuthenticator, CallsAndChangesAtOnce_GiveEachCallItsOwnAccountOrARefusal) {
  DirectoryHolder directory;
  auto trust = std::make_shared<Trust>();
  trust->own = OwnIssuer("costs");
  trust->signer = JoseKey::Generate();
  trust->own.keys[trust->signer->id()] = trust->signer;
  TrustHolder holder(trust);
  // Few, so that they are dropped all the time.
  TokenAuthenticator authenticator({&directory, &holder, {}, absl::Now, /*cached_tokens=*/4});

  std::vector<std::string> tokens;
  for (int i = 0; i < kAccounts; ++i) {
    directory.Set(std::make_shared<const Directory>(*directory.Get(), std::vector<AccountEntry>{{AccountId(i), false}},
                                                    std::vector<ApiKeyEntry>{}));
    ApiKeyEntry key;
    key.id = absl::StrCat("key_", i);
    key.account_id = AccountId(i);
    directory.Set(std::make_shared<const Directory>(*directory.Get(), std::vector<AccountEntry>{},
                                                    std::vector<ApiKeyEntry>{key}));
    tokens.push_back(absl::StrCat(
        "Bearer ", MakeToken({AccountId(i), true, key.id, absl::Now() + absl::Hours(1)}, absl::Now(), *trust)));
  }

  std::atomic<bool> over{false};
  std::atomic<int> taken{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; !over; ++i) {
        const int account = i % kAccounts;
        const auto identity = authenticator.Authenticate({tokens[static_cast<size_t>(account)]});
        if (!identity.ok()) {
          // Only the first one is ever disabled.
          EXPECT_EQ(account, 0) << identity.status();
          continue;
        }
        EXPECT_EQ((*identity)->tenant.account_id, AccountId(account));
        ++taken;
      }
    });
  }
  bool disabled = false;
  for (int i = 1; i < 200 || taken < 1000; ++i) {
    disabled = !disabled;
    directory.Set(std::make_shared<const Directory>(
        *directory.Get(), std::vector<AccountEntry>{{AccountId(0), disabled}}, std::vector<ApiKeyEntry>{}));
    if (i % 20 == 0) {
      auto next = std::make_shared<Trust>(*holder.Get());
      ++next->generation;
      holder.Set(next);
    }
    std::this_thread::yield();
  }
  over = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace costs::auth
