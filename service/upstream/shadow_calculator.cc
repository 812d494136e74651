#include "service/upstream/shadow_calculator.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "service/calculator/record_id.h"

namespace costs::upstream {
namespace {

using calculator::Batch;
using calculator::Outcome;
using calculator::PricedRecord;
using calculator::Submission;

// How long the upstream is waited for: nobody waits for its answer.
constexpr absl::Duration kPatience = absl::Seconds(30);

std::string Text(const Outcome& outcome) {
  if (!outcome.ok()) return outcome.failure->reason;
  const PricedRecord& record = outcome.record;
  std::string text = absl::StrCat(record.energy_wh, " Wh");
  if (record.tariff) {
    absl::StrAppend(&text, ", ", static_cast<int64_t>(record.tariff->micros), " micros of ", record.currency_code,
                    " at confidence ", record.tariff->confidence);
  }
  if (record.carbon) {
    absl::StrAppend(&text, ", ", static_cast<int64_t>(record.carbon->milligrams), " mg at confidence ",
                    record.carbon->confidence);
  }
  return text;
}

// What a figure's difference is where one side has none: as large as there are.
constexpr engine::Int128 kNoFigure = static_cast<engine::Int128>(1) << 100;

template <typename Figure, typename Units>
engine::Int128 Apart(const std::optional<Figure>& a, const std::optional<Figure>& b, Units units) {
  if (a.has_value() != b.has_value()) return kNoFigure;
  if (!a) return 0;
  const engine::Int128 difference = units(*a) - units(*b);
  return difference < 0 ? -difference : difference;
}

std::vector<double> PowersOfTen() { return {0, 10, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7}; }

}  // namespace

// The records of a batch that the upstream is asked for. Owns their text.
class ShadowCalculator::Asked {
 public:
  std::string account_id;
  std::string authorization, traceparent;
  std::deque<std::string> texts;
  std::vector<Submission> submissions;
  std::vector<Outcome> computed;  // without breakdowns
  std::vector<Outcome> upstream;
  Batch batch;
  std::shared_ptr<const void> keep_alive;  // of what was computed

  absl::string_view Keep(absl::string_view text) {
    if (text.empty()) return "";
    texts.emplace_back(text);
    return texts.back();
  }
};

ShadowCalculator::ShadowCalculator(calculator::Calculator* local, calculator::Calculator* upstream, size_t most_asked)
    : local_(local),
      upstream_(upstream),
      most_asked_(most_asked),
      money_(PowersOfTen(), 1),
      energy_(PowersOfTen(), 1),
      carbon_(PowersOfTen(), 1) {}

ShadowCalculator::~ShadowCalculator() {
  ending_->store(true);
  std::unique_lock<std::mutex> lock(mutex_);
  idle_.wait(lock, [this] { return asked_ == 0; });
}

void ShadowCalculator::Calculate(Batch* batch, std::function<void()> done) {
  local_->Calculate(batch, [this, batch, done = std::move(done)] {
    // Before it is the caller's again.
    std::shared_ptr<Asked> asked = MakeAsked(*batch);
    done();
    if (asked == nullptr) return;
    Batch* const side = &asked->batch;
    upstream_->Calculate(side, [this, asked = std::move(asked)] { Compare(*asked); });
  });
}

std::shared_ptr<ShadowCalculator::Asked> ShadowCalculator::MakeAsked(const Batch& batch) {
  // A breakdown is not the upstream's to give; records that are not valid, and calls that
  // nobody wanted, say nothing of it.
  std::vector<size_t> comparable;
  for (size_t i = 0; i < batch.outcomes.size(); ++i) {
    const Outcome& outcome = batch.outcomes[i];
    const bool by_contract = outcome.ok() || outcome.failure->code == absl::StatusCode::kNotFound ||
                             outcome.failure->code == absl::StatusCode::kFailedPrecondition;
    if (by_contract && !batch.submissions[i].usage_before_wh) comparable.push_back(i);
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const size_t room = most_asked_ - std::min(asked_, most_asked_);
    if (comparable.size() > room) {
      left_out_ += static_cast<int64_t>(comparable.size() - room);
      comparable.resize(room);
    }
    asked_ += comparable.size();
  }
  if (comparable.empty()) return nullptr;
  auto asked = std::make_shared<Asked>();
  asked->account_id = std::string(batch.caller.account_id);
  asked->authorization = std::string(batch.caller.authorization);
  asked->traceparent = std::string(batch.caller.traceparent);
  asked->keep_alive = batch.keep_alive;
  for (size_t i : comparable) {
    Submission submission = batch.submissions[i];
    for (absl::string_view Submission::*text : {&Submission::location_id, &Submission::device_id,
                                                &Submission::session_reference_id, &Submission::record_reference_id}) {
      submission.*text = asked->Keep(submission.*text);
    }
    asked->submissions.push_back(submission);
    Outcome& copy = asked->computed.emplace_back();
    const Outcome& outcome = batch.outcomes[i];
    if (outcome.failure != nullptr) copy.failure = std::make_unique<calculator::Failure>(*outcome.failure);
    copy.record.id = outcome.record.id;
    copy.record.currency_code = outcome.record.currency_code;
    copy.record.energy_wh = outcome.record.energy_wh;
    copy.record.tariff = outcome.record.tariff;
    copy.record.carbon = outcome.record.carbon;
  }
  asked->upstream.resize(comparable.size());
  asked->batch.caller.account_id = asked->account_id;
  asked->batch.caller.live_mode = batch.caller.live_mode;
  asked->batch.caller.authorization = asked->authorization;
  asked->batch.caller.traceparent = asked->traceparent;
  asked->batch.caller.deadline = absl::Now() + kPatience;
  asked->batch.caller.cancelled = [ending = ending_] { return ending->load(); };
  asked->batch.options.include_tariff = batch.options.include_tariff;
  asked->batch.options.include_carbon = batch.options.include_carbon;
  asked->batch.options.non_persistent = true;
  asked->batch.submissions = asked->submissions;
  asked->batch.outcomes = absl::MakeSpan(asked->upstream);
  return asked;
}

void ShadowCalculator::Compare(const Asked& asked) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (size_t i = 0; i < asked.computed.size(); ++i) CompareRecord(asked, i);
  asked_ -= asked.computed.size();
  idle_.notify_all();
}

void ShadowCalculator::CompareRecord(const Asked& asked, size_t i) {
  const Outcome& computed = asked.computed[i];
  const Outcome& upstream = asked.upstream[i];
  if (!upstream.ok() && upstream.failure->code != absl::StatusCode::kNotFound &&
      upstream.failure->code != absl::StatusCode::kFailedPrecondition) {
    ++failed_;
    return;
  }
  ++compared_;
  bool same = computed.ok() == upstream.ok();
  if (same && computed.ok()) {
    const PricedRecord& a = computed.record;
    const PricedRecord& b = upstream.record;
    const engine::Int128 money = Apart(a.tariff, b.tariff, [](const auto& figure) { return figure.micros; });
    const engine::Int128 carbon = Apart(a.carbon, b.carbon, [](const auto& figure) { return figure.milligrams; });
    const engine::Int128 energy = a.energy_wh < b.energy_wh ? b.energy_wh - a.energy_wh : a.energy_wh - b.energy_wh;
    money_.Observe(static_cast<double>(money));
    energy_.Observe(static_cast<double>(energy));
    carbon_.Observe(static_cast<double>(carbon));
    same = money == 0 && carbon == 0 && energy == 0 && a.currency_code == b.currency_code;
  } else if (same) {
    same = computed.failure->reason == upstream.failure->reason;
  }
  if (same) return;
  ++differed_;
  if (differences_.size() == kDifferencesKept) differences_.pop_front();
  differences_.push_back({asked.account_id, std::string(asked.submissions[i].location_id),
                          computed.ok() ? calculator::FormatRecordId(computed.record.id) : "", Text(computed),
                          Text(upstream)});
}

std::vector<ShadowCalculator::Difference> ShadowCalculator::differences() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {differences_.begin(), differences_.end()};
}

int64_t ShadowCalculator::differed() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return differed_;
}

std::vector<telemetry::Figure> ShadowCalculator::Figures() const {
  using telemetry::Figure;
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<Figure> figures;
  const auto add = [&figures](std::string name, std::string help, Figure::Kind kind, int64_t value) {
    figures.push_back({std::move(name), std::move(help), kind, static_cast<double>(value)});
  };
  add("costs_shadow_compared_total", "Records that the upstream answered, too.", Figure::Kind::kCounter, compared_);
  add("costs_shadow_differed_total", "Of these, answered differently.", Figure::Kind::kCounter, differed_);
  add("costs_shadow_failed_total", "Records that the upstream failed at.", Figure::Kind::kCounter, failed_);
  add("costs_shadow_left_out_total", "Records that it was not asked for: too many were under way.",
      Figure::Kind::kCounter, left_out_);
  add("costs_shadow_asked", "Records that it is being asked for.", Figure::Kind::kGauge, static_cast<int64_t>(asked_));
  const auto add_distribution = [&figures](const char* name, const char* help, const telemetry::Histogram& histogram) {
    figures.push_back({name, help, Figure::Kind::kHistogram, 0, {}, histogram.Read()});
  };
  add_distribution("costs_shadow_difference_money_micros",
                   "How far the two costs are apart, in millionths of the currency.", money_);
  add_distribution("costs_shadow_difference_energy_wh", "How far the two energies are apart, in Wh.", energy_);
  add_distribution("costs_shadow_difference_carbon_milligrams",
                   "How far the two carbon figures are apart, in milligrams.", carbon_);
  return figures;
}

}  // namespace costs::upstream
