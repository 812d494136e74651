#include "service/rest/instant_route.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/types/span.h"
#include "service/auth/authenticator.h"
#include "service/rest/costs_json.h"
#include "service/rest/http_error.h"

namespace costs::rest {
namespace {

// A calculation under way. The calculator's `done` owns it, so that the batch
// and all that it borrows stay even when the session ends first.
struct Calculation {
  std::shared_ptr<const auth::Identity> identity;
  std::string authorization;
  std::string traceparent;
  CostsRequest request;
  calculator::Submission submission;
  calculator::Outcome outcome;
  calculator::Batch batch;
};

Answer AnswerOf(const Calculation& calculation) {
  if (!calculation.outcome.ok()) return Refused(ErrorFromFailure(*calculation.outcome.failure));
  AnswerContext context;
  context.account_id = calculation.identity->tenant.account_id;
  context.live_mode = calculation.identity->tenant.live_mode;
  context.time_created = calculation.batch.time_created;
  Answer answer;
  answer.body = RenderMeterRecord(calculation.request, calculation.outcome.record, context);
  return answer;
}

void Calculate(calculator::Calculator* calculator, Request request, Done done) {
  auto calculation = std::make_shared<Calculation>();
  const std::vector<calculator::Violation> violations =
      ParseCostsRequest(request.body, request.query, &calculation->request);
  if (!violations.empty()) return done(Refused(ErrorFromViolations(violations)));

  calculation->identity = std::move(request.identity);
  calculation->submission = calculation->request.submission();
  calculator::Batch& batch = calculation->batch;
  batch.caller.account_id = calculation->identity->tenant.account_id;
  batch.caller.live_mode = calculation->identity->tenant.live_mode;
  calculation->authorization = std::move(request.authorization);
  batch.caller.authorization = calculation->authorization;
  calculation->traceparent = std::move(request.traceparent);
  batch.caller.traceparent = calculation->traceparent;
  batch.caller.deadline = request.deadline;
  batch.caller.cancelled = std::move(request.cancelled);
  batch.options = calculation->request.options;
  batch.submissions = absl::MakeConstSpan(&calculation->submission, 1);
  batch.outcomes = absl::MakeSpan(&calculation->outcome, 1);
  calculator->Calculate(&batch, [calculation, done = std::move(done)] { done(AnswerOf(*calculation)); });
}

}  // namespace

Route InstantRoute(calculator::Calculator* calculator, uint64_t body_bytes) {
  return {"POST",
          "/costs/instant",
          "api.costs_instant",
          body_bytes,
          [calculator](Request request, Done done) { Calculate(calculator, std::move(request), std::move(done)); },
          /*open=*/false,
          /*hands_on_authorization=*/true};
}

}  // namespace costs::rest
