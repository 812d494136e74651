// The REST contract, `POST /costs/instant` and `GET /login`, as its client speaks it:
// a call to an HTTP request, an HTTP answer to a cost or to why there is none.
//
//   HttpRequest request = EncodeCost(call, Release::kZero);
//   CostResult result = DecodeCost(call, Release::kZero, answer, now);
//
// Figures are read from the JSON's decimals exactly. What is not the contract's is
// kBadAnswer; fields that are not known are passed over. Pure functions.
#ifndef SERVICE_UPSTREAM_CONTRACT_CODEC_H_
#define SERVICE_UPSTREAM_CONTRACT_CODEC_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "service/upstream/costs_api.h"
#include "service/upstream/http_exchange.h"
#include "service/upstream/login_api.h"

namespace costs::upstream {

// Releases of the contract. Between them fields change their names; "anode" gives the
// figures always, whatever is asked for.
enum class Release { kZero, kAnode };

// Of "zero" and "anode"; nothing for other names.
std::optional<Release> ReleaseNamed(absl::string_view name);

// The header by which a client picks the release.
std::string VersionHeader(Release release);

HttpRequest EncodeCost(const CostCall& call, Release release);

// `now` is what a Retry-After that is a date is counted from.
CostResult DecodeCost(const CostCall& call, Release release, const HttpAnswer& answer, absl::Time now);

HttpRequest EncodeLogin(absl::string_view account_id, absl::string_view api_key, Release release);

LoginApi::Result DecodeLogin(const HttpAnswer& answer, absl::Time now);

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CONTRACT_CODEC_H_
