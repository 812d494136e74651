// One HTTP request on a handle of libcurl's, from its options to what its end means.
// For curl_client.cc alone; one thread's.
#ifndef SERVICE_UPSTREAM_CURL_TRANSFER_H_
#define SERVICE_UPSTREAM_CURL_TRANSFER_H_

#include <curl/curl.h>

#include <functional>
#include <memory>

#include "absl/time/time.h"
#include "service/upstream/curl_client.h"
#include "service/upstream/http_exchange.h"

namespace costs::upstream {

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
using Easy = std::unique_ptr<CURL, EasyDeleter>;

struct HeadersDeleter {
  void operator()(curl_slist* headers) const { curl_slist_free_all(headers); }
};

// A handle with all options that every request has. Null: out of memory.
Easy MakeEasy(const CurlClient::Options& options);

class CurlTransfer {
 public:
  CurlTransfer(HttpRequest request, absl::Time deadline, std::function<bool()> cancelled, CurlClient::Done done)
      : request_(std::move(request)), deadline_(deadline), cancelled_(std::move(cancelled)), done_(std::move(done)) {}

  absl::Time deadline() const { return deadline_; }
  bool cancelled() const { return cancelled_ && cancelled_(); }

  // Sets the request's own options. This has the handle until Release().
  void Prepare(const CurlClient::Options& options, Easy easy, absl::Time now);
  CURL* easy() const { return easy_.get(); }
  Easy Release();

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
  Easy easy_;
  std::unique_ptr<curl_slist, HeadersDeleter> headers_;
  size_t largest_answer_ = 0;
  bool too_large_ = false;
  HttpAnswer answer_;
  char detail_[CURL_ERROR_SIZE] = {};
};

}  // namespace costs::upstream

#endif  // SERVICE_UPSTREAM_CURL_TRANSFER_H_
