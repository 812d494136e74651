#include "service/rest/blocking_handler.h"

#include <memory>
#include <utility>

#include "absl/time/time.h"
#include "service/calculator/calculator.h"
#include "service/catalog/refusal.h"
#include "service/rest/http_error.h"

namespace costs::rest {
namespace {

Answer Cancelled() {
  calculator::Failure failure;
  failure.code = absl::StatusCode::kCancelled;
  return Refused(ErrorFromFailure(failure));
}

Answer TooMany() {
  return Refused(ErrorFromStatus(
      catalog::Overloaded("Too many requests of this kind are under way; try again in a second.", absl::Seconds(1))));
}

}  // namespace

Handler BlockingHandler(executor::BoundedExecutor* executor, std::function<Answer(const Request&)> work) {
  auto shared = std::make_shared<const std::function<Answer(const Request&)>>(std::move(work));
  return [executor, shared](Request request, const Done& done) {
    const bool taken = executor->TryRun(
        [shared, request = std::move(request), done] { done(request.cancelled() ? Cancelled() : (*shared)(request)); });
    if (!taken) done(TooMany());
  };
}

}  // namespace costs::rest
