// Priced records as rows of text.
//
// Pure and thread-safe.
#ifndef CLIENT_CLI_RECORD_ROWS_H_
#define CLIENT_CLI_RECORD_ROWS_H_

#include <string>
#include <vector>

#include "energy/costs/v1/meter_record.pb.h"

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

// The figures of a record or of an entry of a report: energy in Wh, cost, its confidence,
// carbon in g, its confidence; and their names. Empty where there is none.
std::vector<std::string> Figures(const v1::MeterRecordData& data);
std::vector<std::string> FigureNames();

// A whole record, its times in UTC, and the names of its columns.
std::vector<std::string> RowOf(const v1::MeterRecord& record);
std::vector<std::string> HeaderOfRecords();

std::vector<std::string> Joined(std::vector<std::string> a, const std::vector<std::string>& b);

}  // namespace costs::cli

#endif  // CLIENT_CLI_RECORD_ROWS_H_
