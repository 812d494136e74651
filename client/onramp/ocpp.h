// OCPP 1.6 and 2.0.1: what charging stations report, as meter records.
//
//   OcppReader reader(options);
//   for (each message) reader.Read(message, line, &converted);
//
// Messages are those of OCPP-J, whole ([2,"id","MeterValues",{...}]) or only their payload:
// MeterValues and StopTransaction of 1.6, MeterValues and TransactionEvent of 2.0.1. Other
// calls, results and errors are passed over.
//
// - Energy.Active.Import.Register and .Export.Register (the default measurand is the
//   first): the difference of each two readings of a connector that follow each other is a
//   record from the one's time to the other's. A register that runs backwards, or a time
//   that does, is an error of that reading; the next one is counted from the newer.
// - Energy.Active.Import.Interval and .Export.Interval, where asked for: a reading is the
//   energy since the one before; the first has no start, and only sets it.
// - Power.Active.Import and .Export, where asked for: a power holds until the next reading.
// - unit Wh (the default), kWh, W or kW, and 2.0.1's multiplier: 10 to its power.
// - phase: the reading without one is the total; where there is none, L1, L2 and L3 are
//   added up (L1-N and so on are the same). L1-L2 and N are no energy of their own.
// - location Outlet (the default); where a meter value has none, Inlet.
// - A record whose two readings are of one transaction has its id as
//   session_reference_id. Import is energy to the vehicle.
//
// Not thread-safe.
#ifndef CLIENT_ONRAMP_OCPP_H_
#define CLIENT_ONRAMP_OCPP_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>

#include "absl/strings/string_view.h"
#include "client/onramp/converted.h"
#include "client/onramp/quantity.h"

namespace costs::onramp {

enum class OcppMeasurand { kRegister, kInterval, kPower };

struct OcppOptions {
  Place place;
  OcppMeasurand measurand = OcppMeasurand::kRegister;
};

class OcppReader {
 public:
  explicit OcppReader(OcppOptions options) : options_(std::move(options)) {}

  // Adds what the message says to `converted`: records, and errors.
  void Read(absl::string_view message, int64_t line, ConvertedRecords* converted);

 private:
  class Message;
  struct Reading {
    int64_t time_ns = 0;
    Micros value = 0;
    std::string transaction;
  };
  // Connector or EVSE, and whether it is energy from the vehicle.
  using Series = std::tuple<std::string, bool>;

  void Take(const Series& series, Reading reading, int64_t line, ConvertedRecords* converted);

  const OcppOptions options_;
  std::map<Series, Reading> last_;
  std::map<std::string, std::string> connectors_;  // of transactions that are under way
};

}  // namespace costs::onramp

#endif  // CLIENT_ONRAMP_OCPP_H_
