// One HTTP request on a handle of libcurl's, from its options to what its end means.
// For curl_client.cc alone; one thread's.
#ifndef SERVICE_UPSTREAM_CURL_TRANSFER_H_
#define SERVICE_UPSTREAM_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "service/upstream/curl_client.h"
#include "service/upstream/http_exchange.h"

namespace costs::upstream {

// A handle of libcurl's, for one request after the other. What the last one told it is not
// told again.
class CurlHandle {
 public:
  // With all options that every request has. Null: out of memory.
  static std::unique_ptr<CurlHandle> Make(const CurlClient::Options& options);

  CURL* easy() const { return easy_.get(); }
  void SetTarget(const CurlClient::Options& options, const std::string& target);
  void SetHeaders(const std::vector<std::string>& headers);

 private:
  struct Deleter {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
  };

  std::string target_;
  std::vector<std::string> headers_;
  std::unique_ptr<curl_slist, Deleter> list_;  // of headers_; outlives easy_
  std::unique_ptr<CURL, Deleter> easy_;
};

class CurlTransfer {
 public:
  CurlTransfer(HttpRequest request, absl::Time deadline, std::function<bool()> cancelled, CurlClient::Done done)
      : request_(std::move(request)), deadline_(deadline), cancelled_(std::move(cancelled)), done_(std::move(done)) {}

  absl::Time deadline() const { return deadline_; }
  bool cancelled() const { return cancelled_ && cancelled_(); }

  // Sets the request's own options. This has the handle until Release().
  void Prepare(const CurlClient::Options& options, std::unique_ptr<CurlHandle> handle, absl::Time now);
  CURL* easy() const { return handle_->easy(); }
  std::unique_ptr<CurlHandle> Release();

  // Whether the connection of the answer takes more than one call at once.
  bool multiplexed() const;

  // Whether any byte of the request has left.
  bool sent() const;
  // What the end of the transfer means.
  CurlClient::Result ResultOf(CURLcode code, const CurlClient::Options& options, absl::Time now);

  void Finish(CurlClient::Result result) { done_(std::move(result)); }

 private:
  static size_t TakeBody(char* data, size_t size, size_t count, void* self);

  HttpRequest request_;
  const absl::Time deadline_;
  const std::function<bool()> cancelled_;
  const CurlClient::Done done_;
  std::unique_ptr<CurlHandle> handle_;
  size_t largest_answer_ = 0;
  bool too_large_ = false;
  HttpAnswer answer_;
  char detail_[CURL_ERROR_SIZE] = {};
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CURL_TRANSFER_H_
