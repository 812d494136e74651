#include "service/upstream/contract_codec.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"
#include "service/calculator/record_id.h"
#include "service/engine/pricing.h"
#include "service/rfc3339/rfc3339.h"
#include "service/upstream/answer_fields.h"
#include "service/upstream/contract_errors.h"
#include "service/upstream/contract_words.h"
#include "service/upstream/exact_number.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

using Json = rapidjson::Writer<rapidjson::StringBuffer>;

constexpr int kMoneyDigits = 6;
constexpr int kCarbonDigits = 3;
constexpr int kConfidenceDigits = 3;
constexpr double kMicros = 1e6;
constexpr int64_t kLongestToken = 7 * 24 * 3'600;  // seconds

const ContractWords& WordsOf(Release release) { return release == Release::kAnode ? kAnodeWords : kZeroWords; }

// ---- asking -----------------------------------------------------------------

void Text(Json* json, absl::string_view key, absl::string_view text) {
  json->Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  json->String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void TextIfGiven(Json* json, absl::string_view key, absl::string_view text) {
  if (!text.empty()) Text(json, key, text);
}

// The shortest text that reads back as the same double.
void Number(Json* json, absl::string_view key, double value) {
  char text[32];
  const std::to_chars_result end = std::to_chars(text, text + sizeof text, value);
  json->Key(key.data(), static_cast<rapidjson::SizeType>(key.size()));
  json->RawValue(text, static_cast<size_t>(end.ptr - text), rapidjson::kNumberType);
}

std::string TimeText(engine::Instant at) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%E*SZ", absl::FromUnixNanos(at.ns), absl::UTCTimeZone());
}

std::string BodyOf(const CostCall& call, const ContractWords& words) {
  rapidjson::StringBuffer buffer;
  Json json(buffer);
  json.StartObject();
  Text(&json, "location_id", call.location_id);
  TextIfGiven(&json, "device_id", call.device_id);
  TextIfGiven(&json, "session_reference_id", call.session_reference_id);
  TextIfGiven(&json, "record_reference_id", call.record_reference_id);
  Text(&json, words.direction, words.Of(call.direction));
  Text(&json, words.tariff_rate, WordOf(call.tariff_rate));
  Text(&json, "units", WordOf(call.units));
  Number(&json, "value", call.value);
  Number(&json, "confidence", call.confidence);
  Text(&json, "start_time", TimeText(call.interval.start));
  Text(&json, "end_time", TimeText(call.interval.end));
  json.EndObject();
  return std::string(buffer.GetString(), buffer.GetSize());
}

absl::string_view BoolText(bool value) { return value ? "true" : "false"; }

// ---- reading ----------------------------------------------------------------

// Reads a meter_record; remembers the first thing that is wrong with it.
class RecordReader {
 public:
  RecordReader(const CostCall& call, const ContractWords& words, const AnswerFields& fields)
      : call_(call), words_(words), fields_(fields) {}

  // Empty: nothing is wrong.
  std::string Read(UpstreamCost* cost) {
    Equal("object", "meter_record", /*required=*/true);
    ReadId(cost);
    ReadCurrency(cost);
    ReadMode();
    Equal("energy_units", "WH", true);
    Equal("carbon_units", "gCO2eq", true);
    Equal(words_.direction, words_.Of(call_.direction), true);
    Equal(words_.tariff_rate, WordOf(call_.tariff_rate), true);
    ReadRequest();
    Moment("data.start_time", call_.interval.start);
    Moment("data.end_time", call_.interval.end);
    ReadEnergy(cost);
    if (call_.include_tariff) ReadTariff(cost);
    if (call_.include_carbon) ReadCarbon(cost);
    ReadCreated(cost);
    return std::move(fault_);
  }

 private:
  void Fault(absl::string_view path, absl::string_view what) {
    if (fault_.empty()) fault_ = absl::StrCat("is not the contract's: ", path, " ", what);
  }

  void Equal(absl::string_view path, absl::string_view wanted, bool required) {
    const std::optional<absl::string_view> text = fields_.Text(path);
    if (!text) {
      if (required || fields_.Has(path)) Fault(path, "is no text");
    } else if (*text != wanted) {
      Fault(path, "is another than was asked for");
    }
  }

  void ReadId(UpstreamCost* cost) {
    const std::optional<absl::string_view> id = fields_.Text("id");
    if (!id || id->size() != calculator::kRecordIdLength || !absl::StartsWith(*id, "mre_") ||
        id->find_first_not_of("0123456789abcdefABCDEF", 4) != absl::string_view::npos) {
      return Fault("id", "is no record's");
    }
    cost->id = absl::AsciiStrToLower(*id);
  }

  void ReadCurrency(UpstreamCost* cost) {
    const std::optional<absl::string_view> code = fields_.Text("currency_code");
    if (!code || code->size() != 3 || code->find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string::npos) {
      return Fault("currency_code", "is no currency's");
    }
    cost->currency_code = std::string(*code);
  }

  void ReadMode() {
    const std::optional<bool> mode = fields_.Bool("live_mode");
    if (!mode) return Fault("live_mode", "is neither true nor false");
    if (*mode != call_.live_mode) Fault("live_mode", "is not that of the call; live and test data never mix");
  }

  // What the upstream says that it was asked.
  void ReadRequest() {
    Equal("request.location_id", call_.location_id, true);
    for (const auto& [path, wanted] :
         {std::pair<absl::string_view, const std::string&>{"request.device_id", call_.device_id},
          {"request.session_reference_id", call_.session_reference_id},
          {"request.record_reference_id", call_.record_reference_id},
          {"data.session_reference_id", call_.session_reference_id},
          {"data.record_reference_id", call_.record_reference_id}}) {
      Equal(path, wanted, false);
    }
    const std::optional<bool> simulation = fields_.Bool("request.non_persistent");
    if (simulation && *simulation != call_.non_persistent) {
      Fault("request.non_persistent", "is another than was asked for");
    }
  }

  void Moment(absl::string_view path, engine::Instant wanted) {
    const std::optional<absl::string_view> text = fields_.Text(path);
    const absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(text.value_or(""));
    if (!time.ok()) return Fault(path, "is no time");
    if (time->seconds * engine::kNanosPerSecond + time->nanos != wanted.ns) {
      Fault(path, "is another than was asked for");
    }
  }

  std::optional<engine::Int128> Exact(absl::string_view path, int digits) {
    const std::optional<absl::string_view> text = fields_.Number(path);
    const std::optional<engine::Int128> value = text ? ReadExact(*text, digits) : std::nullopt;
    if (!value) Fault(path, "is no such figure");
    return value;
  }

  void ReadEnergy(UpstreamCost* cost) {
    const std::optional<engine::Int128> energy = Exact("data.energy.value", 0);
    if (!energy) return;
    engine::Usage usage;
    usage.units = call_.units;
    usage.value_micros = std::llrint(call_.value * kMicros);
    usage.interval = call_.interval;
    const engine::Int128 wanted = engine::EnergyWh(usage);
    // How half a Wh is rounded is not for us to say.
    if (*energy < wanted - 1 || *energy > wanted + 1) {
      return Fault("data.energy.value", "is not the energy of the record");
    }
    cost->energy_wh = static_cast<int64_t>(*energy);
  }

  engine::Confidence ReadConfidence(absl::string_view path) {
    const std::optional<engine::Int128> value = Exact(path, kConfidenceDigits);
    if (!value) return 0;
    if (*value < 0 || *value > engine::kCertain) Fault(path, "is not between 0 and 1");
    return static_cast<engine::Confidence>(*value);
  }

  void ReadTariff(UpstreamCost* cost) {
    if (!fields_.Has("data.tariff")) return Fault("data.tariff", "is missing");
    calculator::TariffFigure figure;
    figure.micros = Exact("data.tariff.value", kMoneyDigits).value_or(0);
    figure.confidence = ReadConfidence("data.tariff.confidence");
    cost->tariff = figure;
  }

  // Left out where there is no carbon data.
  void ReadCarbon(UpstreamCost* cost) {
    if (!fields_.Has("data.carbon")) return;
    calculator::CarbonFigure figure;
    figure.milligrams = Exact("data.carbon.value", kCarbonDigits).value_or(0);
    figure.confidence = ReadConfidence("data.carbon.confidence");
    cost->carbon = figure;
  }

  // UTC; the documentation also shows it without a zone.
  void ReadCreated(UpstreamCost* cost) {
    const std::optional<absl::string_view> text = fields_.Text("time_created");
    if (!text) return Fault("time_created", "is missing");
    absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(*text);
    if (!time.ok()) time = rfc3339::Parse(absl::StrCat(*text, "Z"));
    if (!time.ok()) return Fault("time_created", "is no time");
    cost->time_created = absl::FromUnixSeconds(time->seconds) + absl::Nanoseconds(time->nanos);
  }

  const CostCall& call_;
  const ContractWords& words_;
  const AnswerFields& fields_;
  std::string fault_;
};

}  // namespace

std::optional<Release> ReleaseNamed(absl::string_view name) {
  if (name == "zero") return Release::kZero;
  if (name == "anode") return Release::kAnode;
  return std::nullopt;
}

std::string VersionHeader(Release release) { return absl::StrCat("Flatpeak-Version: ", WordsOf(release).version); }

HttpRequest EncodeCost(const CostCall& call, Release release) {
  const ContractWords& words = WordsOf(release);
  HttpRequest request;
  request.method = "POST";
  request.target = absl::StrCat("/costs/instant?non_persistent=", BoolText(call.non_persistent));
  if (words.include_query) {
    absl::StrAppend(&request.target, "&include_tariff=", BoolText(call.include_tariff),
                    "&include_carbon=", BoolText(call.include_carbon));
  }
  request.headers = {"Content-Type: application/json", "Accept: application/json", VersionHeader(release)};
  if (!call.authorization.empty()) request.headers.push_back(absl::StrCat("Authorization: ", call.authorization));
  if (!call.traceparent.empty()) request.headers.push_back(absl::StrCat("traceparent: ", call.traceparent));
  request.body = BodyOf(call, words);
  return request;
}

CostResult DecodeCost(const CostCall& call, Release release, const HttpAnswer& answer, absl::Time now) {
  if (answer.status != 200) return DecodeError(answer, now);
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(answer.body);
  if (!fields.ok()) return BadAnswer(fields.status().message(), answer.status);
  UpstreamCost cost;
  const std::string fault = RecordReader(call, WordsOf(release), *fields).Read(&cost);
  if (!fault.empty()) return BadAnswer(fault, answer.status);
  return cost;
}

HttpRequest EncodeLogin(absl::string_view account_id, absl::string_view api_key, Release release) {
  HttpRequest request;
  request.target = "/login";
  request.headers = {"Accept: application/json", VersionHeader(release),
                     absl::StrCat("Authorization: Basic ", absl::Base64Escape(absl::StrCat(account_id, ":", api_key)))};
  return request;
}

LoginApi::Result DecodeLogin(const HttpAnswer& answer, absl::Time now) {
  if (answer.status != 200) return DecodeError(answer, now);
  const absl::StatusOr<AnswerFields> fields = AnswerFields::Read(answer.body);
  if (!fields.ok()) return BadAnswer(fields.status().message(), answer.status);
  const std::optional<absl::string_view> token = fields->Text("bearer_token");
  const std::optional<absl::string_view> expires_in = fields->Number("expires_in");
  const std::optional<bool> live_mode = fields->Bool("live_mode");
  // A token goes into a header, as it is.
  const auto visible = [](unsigned char c) { return c > ' ' && c < 0x7f; };
  const bool good = token && !token->empty() && std::all_of(token->begin(), token->end(), visible);
  const std::optional<engine::Int128> seconds = expires_in ? ReadExact(*expires_in, 0) : std::nullopt;
  if (!good || !seconds || *seconds <= 0 || !live_mode) {
    return BadAnswer("is not the contract's: it has no bearer_token, expires_in and live_mode", answer.status);
  }
  LoginAnswer login;
  login.bearer_token = std::string(*token);
  login.expires_in = absl::Seconds(static_cast<int64_t>(std::min<engine::Int128>(*seconds, kLongestToken)));
  login.live_mode = *live_mode;
  return login;
}

}  // namespace costs::upstream
