// A catalog whose process is killed in the middle of its changes: what was
// acknowledged is there whole, and nothing is there by half.
//
// A child makes changes and tells each that was acknowledged through a pipe; it is
// killed after a random while, and the store is looked at. Rounds:
// COSTS_KILL_ROUNDS, 25 where that is not set.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <random>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/catalog/testing/catalog_fixture.h"

namespace costs::catalog {
namespace {

using testing::FlatElement;
using testing::From;
using testing::TemporaryFolder;

constexpr int kDefaultRounds = 25;
constexpr int kPricesOfAStep = 200;

int Rounds() {
  int rounds = 0;
  const char* text = std::getenv("COSTS_KILL_ROUNDS");
  return text != nullptr && absl::SimpleAtoi(text, &rounds) && rounds > 0 ? rounds : kDefaultRounds;
}

const Tenant kTenant = {"acc_1", true};

absl::StatusOr<std::unique_ptr<Catalog>> OpenStore(const std::string& path) {
  Catalog::Options options;
  options.store = path;
  options.tenant = kTenant;
  return Catalog::Open(options);
}

// A step is four changes, each of several rows: a location, an element on its
// list, an upload of prices, and the deletion of the step before the last but one.
absl::Status MakeStep(Catalog* catalog, int step, int change) {
  switch (change) {
    case 0: {
      pb::CreateLocationRequest request;
      *request.mutable_location() =
          From<pb::Location>(absl::StrCat("id: 'l", step, "' timezone: 'Europe/London' currency_code: 'GBP'"));
      pb::Location ignored;
      return catalog->CreateLocation(request, &ignored);
    }
    case 1: {
      pb::CreateTariffElementRequest request;
      *request.mutable_tariff_element() =
          From<pb::TariffElement>(FlatElement("0.25") + absl::StrCat("id: 'e", step, "' location_id: 'l", step, "'"));
      pb::TariffElement ignored;
      return catalog->CreateTariffElement(request, &ignored);
    }
    case 2: {
      pb::UploadMarketPricesRequest request;
      request.set_market_series("agile");
      request.set_currency_code("GBP");
      for (int i = 0; i < kPricesOfAStep; ++i) {
        pb::MarketPrice* price = request.add_prices();
        price->mutable_valid_from()->set_seconds(i * 1800);
        price->mutable_valid_to()->set_seconds(i * 1800 + 1800);
        price->set_rate(step);
      }
      std::unique_ptr<Catalog::MarketUpload> upload = catalog->BeginMarketUpload();
      if (absl::Status status = upload->Add(request); !status.ok()) return status;
      pb::UploadMarketPricesResponse ignored;
      return upload->Commit(&ignored);
    }
    default: {
      if (step < 2) return absl::OkStatus();
      pb::DeleteLocationRequest request;
      request.set_id(absl::StrCat("l", step - 2));
      return catalog->DeleteLocation(request);
    }
  }
}

constexpr int kChanges = 4;

// The child: goes on from `done` changes for ever, and tells how many are done.
[[noreturn]] void Work(const std::string& path, int done, int pipe) {
  absl::StatusOr<std::unique_ptr<Catalog>> catalog = OpenStore(path);
  if (!catalog.ok()) _exit(2);
  for (;; ++done) {
    if (!MakeStep(catalog->get(), done / kChanges, done % kChanges).ok()) _exit(3);
    const int acknowledged = done + 1;
    if (write(pipe, &acknowledged, sizeof acknowledged) != sizeof acknowledged) _exit(4);
  }
}

// How many changes a store holds; the test fails where one is there by half.
int DoneIn(const Catalog& catalog, int at_least) {
  const std::shared_ptr<const Snapshot> snapshot = catalog.snapshots().Get();
  // The one that was under way may be there too: whole, or not at all.
  for (int done = at_least; done <= at_least + 1; ++done) {
    const int step = done / kChanges, change = done % kChanges;
    bool same = true;
    for (int i = std::max(0, step - 4); i <= step + 1; ++i) {
      const bool deleted = i + 2 < step;
      const bool location = !deleted && (i < step || (i == step && change > 0));
      const bool element = !deleted && (i < step || (i == step && change > 1));
      same = same && (snapshot->FindLocation(absl::StrCat("l", i)) != nullptr) == location;
      same = same && (snapshot->FindElement(absl::StrCat("e", i)) != nullptr) == element;
      pb::GetLocationRequest request;
      request.set_id(absl::StrCat("l", i));
      pb::Location document;
      const bool stored = catalog.GetLocation(request, &document).ok();
      same = same && stored == location && document.tariff_elements_size() == (element ? 1 : 0);
    }
    const int prices_of = change > 2 ? step : step - 1;
    const std::shared_ptr<const engine::MarketSeries> series = snapshot->FindMarket("agile");
    if (prices_of < 0) {
      same = same && series == nullptr;
    } else {
      same = same && series != nullptr && series->size() == kPricesOfAStep &&
             series->lowest() == engine::Decimal::FromInteger(prices_of) && series->highest() == series->lowest();
    }
    if (same) return done;
  }
  ADD_FAILURE() << "after " << at_least << " acknowledged changes the store holds neither these nor one more";
  return -1;
}

TEST(CatalogKill, KilledAtAnyTime_HasWhatWasAcknowledged) {
  TemporaryFolder folder;
  const std::string path = (folder.path / "catalog.db").string();
  std::mt19937 random(20261124);
  int done = 0;
  for (int round = 0; round < Rounds(); ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      Work(path, done, ends[1]);
    }
    close(ends[1]);
    // So many changes are waited for, and then a part of the next one.
    const int wait_for = done + 1 + static_cast<int>(random() % 12);
    int acknowledged = done;
    while (acknowledged < wait_for && read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    usleep(random() % 3000);
    kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself: " << status;
    while (read(ends[0], &acknowledged, sizeof acknowledged) == sizeof acknowledged) {
    }
    close(ends[0]);
    absl::StatusOr<std::unique_ptr<Catalog>> catalog = OpenStore(path);
    ASSERT_TRUE(catalog.ok()) << catalog.status();
    done = DoneIn(**catalog, acknowledged);
    ASSERT_GE(done, acknowledged);
  }
  EXPECT_GT(done, Rounds());
}

}  // namespace
}  // namespace costs::catalog
