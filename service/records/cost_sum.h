// Adds costs up as reports show them: exact, the lowest confidence, and no figure
// where any part has none. A plain value.
#ifndef SERVICE_RECORDS_COST_SUM_H_
#define SERVICE_RECORDS_COST_SUM_H_

#include <algorithm>
#include <cstdint>
#include <optional>

#include "energy/costs/v1/meter_record.pb.h"
#include "service/engine/meter_record.h"
#include "service/records/record_message.h"
#include "service/records/record_part.h"
#include "service/records/record_store.h"
#include "service/records/stored_record.h"

namespace costs::records {

class CostSum {
 public:
  void Add(const Total& total) {
    energy_wh_ += total.energy_wh;
    tariff_.Add(total.cost, total.tariff_confidence);
    carbon_.Add(total.carbon, total.carbon_confidence);
  }

  void Add(const CostSum& other) {
    energy_wh_ += other.energy_wh_;
    tariff_.Add(other.tariff_.sum, other.tariff_.known ? std::optional(other.tariff_.confidence) : std::nullopt);
    carbon_.Add(other.carbon_.sum, other.carbon_.known ? std::optional(other.carbon_.confidence) : std::nullopt);
  }

  // A part of a record with these figures.
  void Add(const RecordPart& part, const Figures& figures) {
    energy_wh_ += part.energy_wh;
    tariff_.Add(part.cost.value_or(0), figures.tariff ? std::optional(figures.tariff->confidence) : std::nullopt);
    carbon_.Add(part.carbon.value_or(0), figures.carbon ? std::optional(figures.carbon->confidence) : std::nullopt);
  }

  // Sets energy, and tariff and carbon where they are known and asked for.
  void Fill(bool include_tariff, bool include_carbon, energy::costs::v1::MeterRecordData* data) const {
    data->mutable_energy()->set_value(static_cast<double>(energy_wh_));
    if (include_tariff && tariff_.known) SetTariff(tariff_.sum, tariff_.confidence, data);
    if (include_carbon && carbon_.known) SetCarbon(carbon_.sum, carbon_.confidence, data);
  }

 private:
  struct Part {
    engine::Int128 sum = 0;
    engine::Confidence confidence = engine::kCertain;
    bool known = true;

    void Add(engine::Int128 value, std::optional<engine::Confidence> its_confidence) {
      sum += value;
      known = known && its_confidence.has_value();
      if (its_confidence) confidence = std::min(confidence, *its_confidence);
    }
  };

  engine::Int128 energy_wh_ = 0;
  Part tariff_;
  Part carbon_;
};

}  // namespace costs::records

#endif  // SERVICE_RECORDS_COST_SUM_H_
