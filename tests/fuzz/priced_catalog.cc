#include "tests/fuzz/priced_catalog.h"

#include "absl/time/time.h"
#include "service/calculator/local_calculator.h"
#include "service/catalog/snapshot.h"
#include "service/engine/testing/random_tariffs.h"
#include "tests/conformance/random_catalog.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

constexpr int kPlaces = 5;

const catalog::SnapshotHolder* Catalog() {
  static const catalog::SnapshotHolder* const holder = [] {
    engine::testing::Random random(7);
    auto* made = new catalog::SnapshotHolder;
    made->Set(conformance::MakeRandomCatalog(random, kPlaces).snapshot);
    return made;
  }();
  return holder;
}

}  // namespace

calculator::Batch Price(const calculator::Options& options, absl::Span<const calculator::Submission> submissions,
                        std::vector<calculator::Outcome>* outcomes) {
  static auto* const calculator =
      new calculator::LocalCalculator(Catalog(), [] { return absl::FromUnixSeconds(1'700'000'000); }, {});
  outcomes->clear();
  outcomes->resize(submissions.size());
  calculator::Batch batch;
  batch.caller.account_id = "acc_fuzz";
  batch.options = options;
  batch.submissions = submissions;
  batch.outcomes = absl::MakeSpan(*outcomes);
  int done = 0;
  calculator->Calculate(&batch, [&done] { ++done; });
  COSTS_FUZZ_CHECK(done == 1);
  return batch;
}

}  // namespace costs::fuzz
