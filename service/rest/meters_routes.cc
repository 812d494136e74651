#include "service/rest/meters_routes.h"

#include <deque>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "service/rest/blocking_handler.h"
#include "service/rest/bulk_json.h"
#include "service/rest/exchange.h"
#include "service/rest/http_error.h"

namespace costs::rest {
namespace {

Answer AnswerOf(const absl::Status& status, std::string document) {
  if (!status.ok()) return Refused(ErrorFromStatus(status));
  Answer answer;
  answer.body = std::move(document);
  return answer;
}

records::Submitter SubmitterOf(const Request& request) { return {request.deadline, request.cancelled}; }

Answer PutRecords(records::BulkSubmission* bulk, const Request& request) {
  std::deque<ReadRecord> read;
  std::string document;
  absl::Status status = ReadRecords(request.body, records::kMostBulkRecords, &read);
  if (status.ok()) {
    std::vector<records::BulkRecord> all;
    all.reserve(read.size());
    for (ReadRecord& record : read) all.push_back({record.request.submission(), std::move(record.fault)});
    status = bulk->SubmitRecords(request.identity->tenant, all, SubmitterOf(request), &document);
  }
  return AnswerOf(status, std::move(document));
}

Answer PutReadings(records::BulkSubmission* bulk, const Request& request) {
  records::CumulativeSubmission submission;
  std::string document;
  absl::Status status = ReadCumulative(request.body, records::kMostBulkRecords, &submission);
  if (status.ok()) status = bulk->SubmitReadings(request.identity->tenant, submission, SubmitterOf(request), &document);
  return AnswerOf(status, std::move(document));
}

Answer GetBatch(const records::BulkSubmission* bulk, const Request& request) {
  std::string batch_id;
  for (const auto& [key, value] : request.query) {
    if (key == "batch_id") batch_id = value;
  }
  std::string document;
  const absl::Status status = bulk->GetBatch(request.identity->tenant, batch_id, &document);
  return AnswerOf(status, std::move(document));
}

}  // namespace

std::vector<Route> MetersRoutes(const MetersFace& face) {
  records::BulkSubmission* const bulk = face.bulk;
  return {
      {"PUT", "/meters/interval", "api.meters_interval", face.body_bytes,
       BlockingHandler(&face.threads->bulk, [bulk](const Request& request) { return PutRecords(bulk, request); })},
      {"PUT", "/meters/cumulative/epoch", "api.meters_cumulative_epoch", face.body_bytes,
       BlockingHandler(&face.threads->bulk, [bulk](const Request& request) { return PutReadings(bulk, request); })},
      {"GET", "/meters/batch", "api.meters_batch", 0,
       BlockingHandler(&face.threads->reading, [bulk](const Request& request) { return GetBatch(bulk, request); })},
  };
}

}  // namespace costs::rest
