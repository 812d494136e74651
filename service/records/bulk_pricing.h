// Prices submissions for those who store thousands at once: the records to write,
// and why the others are none.
#ifndef SERVICE_RECORDS_BULK_PRICING_H_
#define SERVICE_RECORDS_BULK_PRICING_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/calculator/calculator.h"
#include "service/calculator/usage_source.h"
#include "service/records/record_store.h"

namespace costs::records {

// Prices with that usage, and is done when it returns. May block. Called from any
// thread.
using PricingFunction = std::function<void(calculator::Batch* batch, const calculator::UsageSource& usage)>;

// How long an answer is waited for.
struct Submitter {
  absl::Time deadline = absl::InfiniteFuture();
  std::function<bool()> cancelled;  // null: never
};

struct BulkPrices {
  std::vector<PendingRecord> records;  // those that can be stored, in order
  std::vector<std::string> errors;     // one for each submission; empty: it is in `records`
};

// Fills `prices`. A record without a price yet is one to store; one whose price
// depends on the usage before it is priced in the transaction that stores it. Not OK
// where all must fail, because the caller is gone, or something is out of order that
// a later try may find mended. `price` is held on to by the records.
absl::Status PriceToStore(const Tenant& tenant, const PricingFunction& price, const Submitter& submitter,
                          absl::Span<const calculator::Submission> submissions, BulkPrices* prices);

}  // namespace costs::records

#endif  // SERVICE_RECORDS_BULK_PRICING_H_
