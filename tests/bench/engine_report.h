// The engine's speed, from a Google Benchmark program of it.
//
// A benchmark counts its records with SetItemsProcessed(). Each becomes a line
// `engine_NAME_mrecords_per_s_core X`: million records a second of CPU time, where
// NAME is the benchmark's name in snake case without a leading BM_
// (BM_SingleSlot: engine_single_slot_mrecords_per_s_core). With repetitions, X
// is their median.
#ifndef TESTS_BENCH_ENGINE_REPORT_H_
#define TESTS_BENCH_ENGINE_REPORT_H_

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tests/bench/name_filter.h"

namespace costs::bench {

// The report's name for a benchmark.
std::string EngineFigureName(absl::string_view benchmark);

// The figures, by the report's names, in Google Benchmark's JSON output, in its
// order. Benchmarks that count no records are left out. INVALID_ARGUMENT where
// it is not that output.
absl::StatusOr<std::vector<std::pair<std::string, double>>> EngineFigures(const std::string& json);

// Runs the program's benchmarks whose report names pass `only`, each `rounds`
// times, pinned to a core, and writes their lines to `out`. Returns how many.
absl::StatusOr<int> RunEngineReport(const std::string& program, const NameFilter& only, int rounds, std::ostream& out);

}  // namespace costs::bench

#endif  // TESTS_BENCH_ENGINE_REPORT_H_
