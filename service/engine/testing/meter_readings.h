// Real smart-meter readings, from the test data that COSTS_TEST_DATA names.
#ifndef SERVICE_ENGINE_TESTING_METER_READINGS_H_
#define SERVICE_ENGINE_TESTING_METER_READINGS_H_

#include <string>
#include <vector>

#include "service/engine/meter_record.h"

namespace costs::engine::testing {

// The readings of meters/<name>.csv.gz in the order of time, in kWh with at most 6
// digits after the point (more are rounded), each up to the start of the next; the
// last one, whose end nobody says, and those before a hole are left out. Times
// without an offset are UTC. Empty where there is no such file.
std::vector<Usage> ReadMeter(const std::string& name);

}  // namespace costs::engine::testing

#endif  // SERVICE_ENGINE_TESTING_METER_READINGS_H_
