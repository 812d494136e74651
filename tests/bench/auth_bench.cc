// What it costs to recognise a caller: by a token that was seen before, and by a new
// one; and to log in.
//
//   bazel run --config=opt //tests/bench:auth_bench
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "benchmark/benchmark.h"
#include "service/auth/api_key.h"
#include "service/auth/directory.h"
#include "service/auth/login.h"
#include "service/auth/token.h"
#include "service/auth/token_authenticator.h"

namespace costs::auth {
namespace {

constexpr int kAccounts = 10'000;

// Accounts with a key each, whose text is the last one's alone.
struct Served {
  Served() {
    std::vector<AccountEntry> accounts;
    std::vector<ApiKeyEntry> keys;
    for (int i = 0; i < kAccounts; ++i) {
      const NewApiKey made = MakeApiKey(true);
      ApiKeyEntry key;
      key.id = made.id;
      key.account_id = absl::StrCat("acc_", i);
      key.live_mode = true;
      key.secret = HashOf(made.text);
      accounts.push_back({key.account_id, false});
      keys.push_back(key);
      basic = absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(key.account_id, ":", made.text)));
    }
    directory.Set(std::make_shared<const Directory>(*directory.Get(), accounts, keys));
    auto made = std::make_shared<Trust>();
    made->own = OwnIssuer("costs");
    made->signer = JoseKey::Generate();
    made->own.keys[made->signer->id()] = made->signer;
    trust.Set(made);
  }

  DirectoryHolder directory;
  TrustHolder trust{nullptr};
  std::string basic;
};

Served& Shared() {
  static auto* const served = new Served();
  return *served;
}

std::string NewToken() {
  Login login({&Shared().directory, &Shared().trust, absl::Hours(1), absl::Now});
  return login.Run(Shared().basic)->bearer_token;
}

void BM_TokenSeenBefore(benchmark::State& state) {
  static auto* const authenticator = new TokenAuthenticator({&Shared().directory, &Shared().trust, {}, absl::Now});
  static const auto* const authorization = new std::string(absl::StrCat("Bearer ", NewToken()));
  for (auto _ : state) {
    auto identity = authenticator->Authenticate({*authorization});
    if (!identity.ok()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(identity);
  }
}
BENCHMARK(BM_TokenSeenBefore)->ThreadRange(1, 2);

void BM_NewToken(benchmark::State& state) {
  const std::string token = NewToken();
  const std::shared_ptr<const Trust> trust = Shared().trust.Get();
  for (auto _ : state) {
    auto claims = CheckToken(token, *trust, absl::Now());
    if (!claims.ok()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(claims);
  }
}
BENCHMARK(BM_NewToken);

void BM_Login(benchmark::State& state) {
  Login login({&Shared().directory, &Shared().trust, absl::Hours(1), absl::Now});
  for (auto _ : state) {
    auto answer = login.Run(Shared().basic);
    if (!answer.ok()) state.SkipWithError("refused");
    benchmark::DoNotOptimize(answer);
  }
}
BENCHMARK(BM_Login);

}  // namespace
}  // namespace costs::auth

BENCHMARK_MAIN();
