// Serves the REST paths of stored records and bulk submissions on a free port of
// 127.0.0.1, over a catalog with one flat tariff and records in memory. Prints the
// port; ends when its input does. For tests of the answers' form.
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "service/auth/authenticator.h"
#include "service/calculator/testing/calculations.h"
#include "service/engine/testing/tariff_spec.h"
#include "service/executor/record_threads.h"
#include "service/records/bulk_submission.h"
#include "service/records/records_calls.h"
#include "service/records/reports.h"
#include "service/records/testing/recorded_meters.h"
#include "service/rest/meters_routes.h"
#include "service/rest/records_routes.h"
#include "service/rest/server.h"

namespace costs {
namespace {

class NoCalculator final : public calculator::Calculator {
 public:
  void Calculate(calculator::Batch*, std::function<void()> done) override { done(); }
};

int Main() {
  using engine::testing::Between;
  const engine::Interval known = Between("2023-01-01T00:00:00Z", "2024-01-01T00:00:00Z");
  records::testing::RecordedMeters meters(calculator::testing::OneLocation(
      {engine::testing::Flat("0.2")}, {{known, engine::testing::D("120"), std::nullopt}}));
  executor::RecordThreads threads;
  const records::RecordsCalls calls(meters.context());
  const records::Reports reports(meters.context());
  records::BulkSubmission bulk(
      {meters.context(),
       [&meters](calculator::Batch* batch, const calculator::UsageSource& usage) { meters.Price(batch, usage); }});
  NoCalculator calculator;
  rest::ServerOptions options;
  options.calculator = &calculator;
  auth::FixedIdentity owner(meters.tenant());
  options.authenticator = &owner;
  options.routes = rest::RecordsRoutes({&calls, &reports, &threads});
  for (rest::Route& route : rest::MetersRoutes({&bulk, &threads})) options.routes.push_back(std::move(route));
  rest::Server server(std::move(options));
  const absl::StatusOr<uint16_t> port = server.Start();
  if (!port.ok()) {
    std::cerr << port.status() << "\n";
    return 1;
  }
  std::cout << *port << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
  }
  return 0;
}

}  // namespace
}  // namespace costs

int main() { return costs::Main(); }
