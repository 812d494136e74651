// An HTTP request of another costs API and its answer, between what knows the
// contract (contract_codec.h) and what knows libcurl (curl_client.h). Plain values.
#ifndef SERVICE_UPSTREAM_HTTP_EXCHANGE_H_
#define SERVICE_UPSTREAM_HTTP_EXCHANGE_H_

#include <cstddef>
#include <string>
#include <vector>

namespace costs::upstream {

struct HttpRequest {
  std::string method = "GET";        // or POST, PUT
  std::string target;                // path and query, "/costs/instant?…"
  std::vector<std::string> headers;  // "Name: value"
  std::string body;                  // of a POST or PUT
  size_t largest_answer = 0;         // 0: the client's own limit
};

struct HttpAnswer {
  int status = 0;
  std::string retry_after;  // the header's value; empty: none
  std::string body;
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_HTTP_EXCHANGE_H_
