// What another costs API answers with: the first line is the HTTP status, with "anode "
// before it for that release; the rest is the body. Whatever it is, it gives a cost within
// the contract or an error that a caller can be told.
#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "client/utf8.h"
#include "service/calculator/record_id.h"
#include "service/upstream/contract_codec.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'795'694'400);
constexpr int64_t kStart = 1'643'711'400;  // 2022-02-01T10:30:00Z
constexpr int64_t kEnergyWh = 10'284;      // of 20,567 W for half an hour, rounded either way

upstream::CostCall DocumentationCall() {
  upstream::CostCall call;
  call.account_id = "acc_661677911f2197045e6cf1b1";
  call.live_mode = true;
  call.location_id = "loc_641b90b758fb8e6293716e40";
  call.session_reference_id = "SESSION1234567890";
  call.record_reference_id = "MET1234567890";
  call.units = engine::Units::kW;
  call.value = 20'567;
  call.interval = {engine::Instant{kStart * engine::kNanosPerSecond},
                   engine::Instant{(kStart + 1'800) * engine::kNanosPerSecond}};
  return call;
}

void CheckConfidence(engine::Confidence confidence) {
  COSTS_FUZZ_CHECK(confidence >= 0 && confidence <= engine::kCertain);
}

void CheckCost(const upstream::UpstreamCost& cost) {
  COSTS_FUZZ_CHECK(cost.id.size() == calculator::kRecordIdLength && cost.currency_code.size() == 3);
  COSTS_FUZZ_CHECK(cost.energy_wh >= kEnergyWh - 1 && cost.energy_wh <= kEnergyWh + 1);
  COSTS_FUZZ_CHECK(cost.tariff.has_value());
  CheckConfidence(cost.tariff->confidence);
  if (cost.carbon.has_value()) CheckConfidence(cost.carbon->confidence);
}

void CheckError(const upstream::UpstreamError& error) {
  COSTS_FUZZ_CHECK(!error.failure.message.empty() && IsUtf8(error.failure.message));
  COSTS_FUZZ_CHECK(!error.failure.reason.empty());
}

void Run(absl::string_view input) {
  const size_t line_end = input.find('\n');
  absl::string_view status = input.substr(0, line_end);
  const upstream::Release release =
      absl::ConsumePrefix(&status, "anode ") ? upstream::Release::kAnode : upstream::Release::kZero;
  upstream::HttpAnswer answer;
  if (!absl::SimpleAtoi(status, &answer.status) || answer.status < 100 || answer.status > 599) answer.status = 200;
  if (line_end != absl::string_view::npos) answer.body = std::string(input.substr(line_end + 1));

  const upstream::CostResult result = upstream::DecodeCost(DocumentationCall(), release, answer, kNow);
  if (const auto* cost = std::get_if<upstream::UpstreamCost>(&result)) {
    CheckCost(*cost);
  } else {
    CheckError(std::get<upstream::UpstreamError>(result));
  }
  const upstream::LoginApi::Result login = upstream::DecodeLogin(answer, kNow);
  if (const auto* granted = std::get_if<upstream::LoginAnswer>(&login)) {
    COSTS_FUZZ_CHECK(!granted->bearer_token.empty() && granted->expires_in > absl::ZeroDuration());
  } else {
    CheckError(std::get<upstream::UpstreamError>(login));
  }
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
