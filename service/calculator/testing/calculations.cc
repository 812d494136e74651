#include "service/calculator/testing/calculations.h"

#include <cstdio>
#include <cstdlib>
#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/calculator/record_id.h"

namespace costs::calculator::testing {
namespace {

using engine::testing::At;
using engine::testing::Between;
using engine::testing::D;
using engine::testing::Flat;

WireTime ToWire(engine::Instant at) {
  return {at.ns / engine::kNanosPerSecond, static_cast<int32_t>(at.ns % engine::kNanosPerSecond)};
}

// 128 bits are more than StrCat takes.
std::string Wide(engine::Int128 number) {
  const bool negative = number < 0;
  std::string digits;
  do {
    const int digit = static_cast<int>(number % 10);
    digits.insert(digits.begin(), static_cast<char>('0' + (digit < 0 ? -digit : digit)));
    number /= 10;
  } while (number != 0);
  return negative ? "-" + digits : digits;
}

std::string DescribeFailure(const Failure& failure) {
  std::string text = absl::StrCat(absl::StatusCodeToString(failure.code), " ", failure.reason, " ", failure.message);
  for (const Violation& v : failure.violations) absl::StrAppend(&text, "\n  ", v.field, ": ", v.description);
  return text;
}

std::string DescribeSegment(const Segment& segment) {
  std::string text =
      absl::StrCat("\n  ", segment.interval.start.ns, "..", segment.interval.end.ns, " ", segment.energy_wh, " Wh");
  for (const ElementRate& rate : segment.rates) {
    absl::StrAppend(&text, ", ", rate.element_id, " ", rate.rate, " (", rate.confidence, ")");
  }
  if (segment.cost) absl::StrAppend(&text, ", cost ", Wide(*segment.cost));
  if (segment.intensity) absl::StrAppend(&text, ", intensity ", *segment.intensity);
  if (segment.carbon) absl::StrAppend(&text, ", carbon ", Wide(*segment.carbon));
  return text;
}

}  // namespace

catalog::CatalogContent OneLocation(const std::vector<engine::testing::ElementSpec>& elements,
                                    std::vector<engine::CarbonIntensity> intensities) {
  catalog::CatalogContent content;
  catalog::LocationSpec& location = content.locations.emplace_back();
  location = {std::string(kLocation), "Europe/London", "GBP", intensities.empty() ? "" : "GB", {}};
  for (const auto& spec : elements) {
    location.tariff_elements.push_back(spec.id);
    content.elements.push_back(engine::testing::Build(spec));
  }
  if (!intensities.empty()) {
    content.carbon.push_back(
        std::make_shared<const engine::CarbonSeries>(*engine::CarbonSeries::Create("GB", std::move(intensities))));
  }
  return content;
}

catalog::CatalogContent DocumentationCatalog() {
  return OneLocation({Flat("90.277823698")},
                     {{Between("2022-02-01T00:00:00Z", "2022-02-02T00:00:00Z"), D("3.426848836"), {}}});
}

Submission DocumentationSubmission() {
  Submission submission = Submit(20567, "2022-02-01T10:30:00Z", "2022-02-01T11:00:00Z", engine::Units::kW);
  submission.session_reference_id = "session";
  submission.record_reference_id = "record";
  return submission;
}

Submission Submit(double value, absl::string_view start, absl::string_view end, engine::Units units) {
  Submission submission;
  submission.location_id = kLocation;
  submission.units = units;
  submission.value = value;
  submission.start_time = ToWire(At(start));
  submission.end_time = ToWire(At(end));
  return submission;
}

std::shared_ptr<const catalog::Snapshot> MakeSnapshot(catalog::CatalogContent content, uint64_t version) {
  auto snapshot = catalog::Snapshot::Create(version, std::move(content));
  if (!snapshot.ok()) {
    std::fprintf(stderr, "a test's own catalog is wrong: %s\n", snapshot.status().ToString().c_str());
    std::abort();
  }
  return *std::move(snapshot);
}

std::function<absl::Time()> FixedClock() {
  const absl::Time now = absl::FromUnixNanos(At("2022-02-01T12:00:00Z").ns);
  return [now] { return now; };
}

Answers Call(Calculator* calculator, const std::vector<Submission>& submissions, const Options& options,
             absl::Time deadline, std::function<bool()> cancelled) {
  Answers answers;
  answers.outcomes.resize(submissions.size());
  Batch batch;
  batch.caller.account_id = kAccount;
  batch.caller.live_mode = true;
  batch.caller.deadline = deadline;
  batch.caller.cancelled = std::move(cancelled);
  batch.options = options;
  batch.submissions = submissions;
  batch.outcomes = absl::MakeSpan(answers.outcomes);
  std::promise<void> done;
  calculator->Calculate(&batch, [&done] { done.set_value(); });
  done.get_future().wait();
  answers.time_created = batch.time_created;
  answers.keep_alive = std::move(batch.keep_alive);
  return answers;
}

std::string Describe(const Outcome& outcome) {
  if (!outcome.ok()) return DescribeFailure(*outcome.failure);
  const PricedRecord& r = outcome.record;
  std::string text =
      absl::StrCat(FormatRecordId(r.id), " direction ", static_cast<int>(r.direction), " rate ",
                   static_cast<int>(r.tariff_rate), " confidence ", r.confidence, " non_persistent ", r.non_persistent,
                   " ", r.currency_code, " ", r.interval.start.ns, "..", r.interval.end.ns, " ", r.energy_wh, " Wh");
  if (r.tariff) absl::StrAppend(&text, ", tariff ", Wide(r.tariff->micros), " (", r.tariff->confidence, ")");
  if (r.carbon) absl::StrAppend(&text, ", carbon ", Wide(r.carbon->milligrams), " (", r.carbon->confidence, ")");
  for (const Segment& segment : r.breakdown) text += DescribeSegment(segment);
  return text;
}

}  // namespace costs::calculator::testing
