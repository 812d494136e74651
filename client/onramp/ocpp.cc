#include "client/onramp/ocpp.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/utf8.h"
#include "rapidjson/document.h"
#include "rapidjson/error/en.h"
#include "service/json/lone_surrogate.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::onramp {
namespace {

constexpr unsigned kParseFlags = rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseIterativeFlag;
constexpr int kMostDigitsOfMultiplier = 4;
// A reference of a meter record.
constexpr size_t kMostReferenceBytes = 256;

// A member's text, or a number as it is written; empty where there is none.
absl::string_view TextOf(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return "";
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || !member->value.IsString()) return "";
  return {member->value.GetString(), member->value.GetStringLength()};
}

const rapidjson::Value* MemberOf(const rapidjson::Value& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? nullptr : &member->value;
}

const rapidjson::Value* ArrayOf(const rapidjson::Value& object, const char* name) {
  const rapidjson::Value* const member = MemberOf(object, name);
  return member != nullptr && member->IsArray() ? member : nullptr;
}

const char* MeasurandName(OcppMeasurand measurand, bool from_vehicle) {
  switch (measurand) {
    case OcppMeasurand::kRegister:
      return from_vehicle ? "Energy.Active.Export.Register" : "Energy.Active.Import.Register";
    case OcppMeasurand::kInterval:
      return from_vehicle ? "Energy.Active.Export.Interval" : "Energy.Active.Import.Interval";
    case OcppMeasurand::kPower:
      break;
  }
  return from_vehicle ? "Power.Active.Export" : "Power.Active.Import";
}

// 1 to 3 of a phase whose energy is its own; 0: the total; -1: neither.
int PhaseOf(absl::string_view phase) {
  if (phase.empty()) return 0;
  absl::ConsumeSuffix(&phase, "-N");
  if (phase == "L1") return 1;
  if (phase == "L2") return 2;
  if (phase == "L3") return 3;
  return -1;
}

}  // namespace

// One message while it is read.
class OcppReader::Message {
 public:
  Message(OcppReader* reader, int64_t line, ConvertedRecords* converted)
      : reader_(reader), line_(line), converted_(converted) {}

  void Read(absl::string_view text) {
    if (!IsUtf8(text)) return Fail("the text is not UTF-8");
    rapidjson::Document document;
    document.Parse<kParseFlags>(text.data(), text.size());
    if (document.HasParseError()) {
      return Fail(absl::StrCat("not JSON: ", rapidjson::GetParseError_En(document.GetParseError()), " (at character ",
                               document.GetErrorOffset() + 1, ")"));
    }
    if (document.IsObject()) return ReadPayload(document, "");
    // [2, id, action, payload]; 3 and 4 are results and errors, which have no readings.
    if (!document.IsArray() || document.Empty() || !document[0].IsString()) {
      return Fail("neither an OCPP message ([2, id, action, payload]) nor a payload");
    }
    if (absl::string_view(document[0].GetString()) != "2") return;
    if (document.Size() != 4 || !document[2].IsString() || !document[3].IsObject()) {
      return Fail("a call of OCPP is [2, id, action, payload]");
    }
    ReadPayload(document[3], document[2].GetString());
  }

 private:
  void Fail(std::string what) {
    Converted& failed = converted_->emplace_back();
    failed.line = line_;
    failed.error = absl::StrCat("line ", line_, ": ", what);
  }

  // `action` empty: as the payload looks.
  void ReadPayload(const rapidjson::Value& payload, absl::string_view action) {
    const rapidjson::Value* const transaction_info = MemberOf(payload, "transactionInfo");
    if (action == "TransactionEvent" || (action.empty() && transaction_info != nullptr)) {
      const rapidjson::Value* const evse = MemberOf(payload, "evse");
      const std::string transaction(transaction_info == nullptr ? "" : TextOf(*transaction_info, "transactionId"));
      if (json::HasLoneSurrogate(transaction)) return Fail(absl::StrCat("transactionId ", json::kLoneSurrogateFault));
      std::string connector = evse == nullptr ? "" : EvseOf(*evse);
      // Only its first event must tell.
      if (connector.empty()) connector = Remembered(transaction);
      Remember(transaction, connector);
      ReadValues(ArrayOf(payload, "meterValue"), connector, transaction);
      if (TextOf(payload, "eventType") == "Ended") reader_->connectors_.erase(transaction);
    } else if (action == "MeterValues" || (action.empty() && MemberOf(payload, "meterValue") != nullptr)) {
      const std::string transaction(TextOf(payload, "transactionId"));
      const absl::string_view evse = TextOf(payload, "evseId");
      const std::string connector(evse.empty() ? absl::StrCat("connector ", TextOf(payload, "connectorId"))
                                               : absl::StrCat("evse ", evse));
      Remember(transaction, connector);
      ReadValues(ArrayOf(payload, "meterValue"), connector, transaction);
    } else if (action == "StopTransaction" || (action.empty() && MemberOf(payload, "meterStop") != nullptr)) {
      const std::string transaction(TextOf(payload, "transactionId"));
      const std::string connector = Remembered(transaction);
      if (connector.empty()) {
        // Its start has no id in the request, and no reading named it.
        return Fail(absl::StrCat("transaction ", transaction,
                                 " has no meter values before its end, so that its connector is not known"));
      }
      ReadValues(ArrayOf(payload, "transactionData"), connector, transaction);
      ReadStop(payload, connector, transaction);
      reader_->connectors_.erase(transaction);
    } else if (action.empty()) {
      Fail("has none of meterValue, transactionInfo and meterStop");
    }
  }

  static std::string EvseOf(const rapidjson::Value& evse) {
    const absl::string_view id = TextOf(evse, "id");
    return id.empty() ? "" : absl::StrCat("evse ", id);
  }

  void Remember(const std::string& transaction, const std::string& connector) {
    if (!transaction.empty() && !connector.empty()) reader_->connectors_[transaction] = connector;
  }

  std::string Remembered(const std::string& transaction) const {
    const auto found = reader_->connectors_.find(transaction);
    return found == reader_->connectors_.end() ? "" : found->second;
  }

  std::optional<int64_t> TimeOf(const rapidjson::Value& object) {
    const absl::string_view text = TextOf(object, "timestamp");
    const absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(text);
    if (!time.ok()) {
      Fail(absl::StrCat("timestamp: ", text, " ", time.status().message()));
      return std::nullopt;
    }
    constexpr int64_t kLastSecond = 4'102'444'800;  // of 2099, as a meter record may have
    if (time->seconds < 0 || time->seconds > kLastSecond) {
      Fail(absl::StrCat("timestamp: ", text, " must be from 1970 to 2099"));
      return std::nullopt;
    }
    return time->seconds * 1'000'000'000 + time->nanos;
  }

  void ReadValues(const rapidjson::Value* values, const std::string& connector, const std::string& transaction) {
    if (values == nullptr) return;
    if (transaction.size() > kMostReferenceBytes) return Fail("the transaction's id has more than 256 bytes");
    for (const rapidjson::Value& value : values->GetArray()) {
      const rapidjson::Value* const samples = ArrayOf(value, "sampledValue");
      if (samples == nullptr) {
        Fail("a meterValue has no sampledValue");
        continue;
      }
      const std::optional<int64_t> time = TimeOf(value);
      if (!time) continue;
      for (const bool from_vehicle : {false, true}) ReadSamples(*samples, *time, connector, transaction, from_vehicle);
    }
  }

  void ReadSamples(const rapidjson::Value& samples, int64_t time_ns, const std::string& connector,
                   const std::string& transaction, bool from_vehicle) {
    const char* const name = MeasurandName(reader_->options_.measurand, from_vehicle);
    for (const char* const location : {"Outlet", "Inlet"}) {
      std::optional<Micros> total;
      std::array<std::optional<Micros>, 3> phases;
      for (const rapidjson::Value& sample : samples.GetArray()) {
        absl::string_view measurand = TextOf(sample, "measurand");
        if (measurand.empty()) measurand = "Energy.Active.Import.Register";
        absl::string_view place = TextOf(sample, "location");
        if (place.empty()) place = "Outlet";
        const int phase = PhaseOf(TextOf(sample, "phase"));
        if (measurand != name || place != location || phase < 0) continue;
        const std::optional<Micros> value = ValueOf(sample);
        if (!value) return;  // told
        (phase == 0 ? total : phases[static_cast<size_t>(phase - 1)]) = *value;
      }
      if (!total) {
        for (const std::optional<Micros>& phase : phases) {
          if (phase) total = total.value_or(0) + *phase;
        }
      }
      if (!total) continue;
      // Registers of other places, or of phases, are others.
      reader_->Take({absl::StrCat(connector, " ", location), from_vehicle}, {time_ns, *total, transaction}, line_,
                    converted_);
      return;
    }
  }

  std::optional<Micros> ValueOf(const rapidjson::Value& sample) {
    if (TextOf(sample, "format") == "SignedData") {
      Fail("a value of format SignedData cannot be read; have the station send Raw ones, too");
      return std::nullopt;
    }
    absl::string_view unit = TextOf(sample, "unit");
    int exponent = 0;
    if (const rapidjson::Value* const measure = MemberOf(sample, "unitOfMeasure")) {
      unit = TextOf(*measure, "unit");
      const absl::string_view multiplier = TextOf(*measure, "multiplier");
      if (!multiplier.empty() &&
          (multiplier.size() > kMostDigitsOfMultiplier || !absl::SimpleAtoi(multiplier, &exponent))) {
        Fail(absl::StrCat("multiplier: ", multiplier, " must be a small whole number"));
        return std::nullopt;
      }
    }
    const bool power = reader_->options_.measurand == OcppMeasurand::kPower;
    if (unit == (power ? "kW" : "kWh")) {
      exponent += 3;
    } else if (!unit.empty() && unit != (power ? "W" : "Wh")) {
      Fail(absl::StrCat("unit: ", unit, " must be ", power ? "W or kW" : "Wh or kWh"));
      return std::nullopt;
    }
    const absl::string_view text = TextOf(sample, "value");
    const std::optional<Micros> value = ParseMicros(text, exponent);
    if (!value) Fail(absl::StrCat("value: ", text, " must be a number up to 10^18"));
    return value;
  }

  // 1.6's register at the end, in Wh.
  void ReadStop(const rapidjson::Value& payload, const std::string& connector, const std::string& transaction) {
    if (reader_->options_.measurand != OcppMeasurand::kRegister) return;
    const std::optional<Micros> value = ParseMicros(TextOf(payload, "meterStop"), 0);
    if (!value) return Fail("meterStop must be a number");
    const std::optional<int64_t> time = TimeOf(payload);
    if (!time) return;
    const Series series = {absl::StrCat(connector, " Outlet"), false};
    const auto last = reader_->last_.find(series);
    // Most stations have told the same with the transaction's last meter value, often in
    // the next second's hundredths.
    if (last != reader_->last_.end() && last->second.time_ns >= *time) return;
    reader_->Take(series, {*time, *value, transaction}, line_, converted_);
  }

  OcppReader* const reader_;
  const int64_t line_;
  ConvertedRecords* const converted_;
};

void OcppReader::Read(absl::string_view message, int64_t line, ConvertedRecords* converted) {
  Message(this, line, converted).Read(message);
}

void OcppReader::Take(const Series& series, Reading reading, int64_t line, ConvertedRecords* converted) {
  const auto [found, first] = last_.try_emplace(series, reading);
  if (first) return;
  const Reading last = std::exchange(found->second, reading);
  const bool is_register = options_.measurand == OcppMeasurand::kRegister;
  if (reading.time_ns == last.time_ns && reading.value == last.value) {
    // Told twice, as at a transaction's end.
    if (reading.transaction.empty()) found->second.transaction = last.transaction;
    return;
  }
  Converted& made = converted->emplace_back();
  made.line = line;
  const auto fail = [&](absl::string_view what) {
    made.error = absl::StrCat("line ", line, ": ", std::get<0>(series), ": ", what);
  };
  if (reading.time_ns <= last.time_ns) {
    found->second = last;
    return fail("the reading's timestamp is not behind the one before; it was left out");
  }
  const Micros value = is_register                                      ? reading.value - last.value
                       : options_.measurand == OcppMeasurand::kInterval ? reading.value
                                                                        : last.value;
  if (value < 0) {
    return fail(is_register ? "the register runs backwards; it was reset, and is counted from here"
                            : "the value is below 0");
  }
  v1::MeterRecordSubmission& record = made.record;
  record.set_location_id(options_.place.location_id);
  record.set_device_id(options_.place.device_id);
  if (last.transaction == reading.transaction) record.set_session_reference_id(reading.transaction);
  record.set_direction(std::get<1>(series) ? v1::Direction::EXPORT : v1::Direction::IMPORT);
  record.set_units(options_.measurand == OcppMeasurand::kPower ? v1::Units::W : v1::Units::WH);
  record.set_value(ToValue(value));
  constexpr int64_t kSecond = 1'000'000'000;
  record.mutable_start_time()->set_seconds(last.time_ns / kSecond);
  record.mutable_start_time()->set_nanos(static_cast<int32_t>(last.time_ns % kSecond));
  record.mutable_end_time()->set_seconds(reading.time_ns / kSecond);
  record.mutable_end_time()->set_nanos(static_cast<int32_t>(reading.time_ns % kSecond));
}

}  // namespace costs::onramp
