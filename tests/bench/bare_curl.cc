#include "tests/bench/bare_curl.h"

#include <curl/curl.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace costs::bench {
namespace {

size_t Take(char* data, size_t size, size_t count, void* answer) {
  static_cast<std::string*>(answer)->append(data, size * count);
  return size * count;
}

struct Freed {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

struct Request {
  CURL* easy = nullptr;
  std::string answer;
};

class Client {
 public:
  explicit Client(const BareCurlOptions& options) : options_(options), multi_(curl_multi_init()) {
    headers_.reset(curl_slist_append(nullptr, "Content-Type: application/json"));
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(options.in_flight));
    for (int i = 0; i < options.in_flight; ++i) {
      auto request = std::make_unique<Request>();
      CURL* const easy = curl_easy_init();
      request->easy = easy;
      curl_easy_setopt(easy, CURLOPT_URL, options.url.c_str());
      curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers_.get());
      curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, Take);
      curl_easy_setopt(easy, CURLOPT_WRITEDATA, &request->answer);
      curl_easy_setopt(easy, CURLOPT_PRIVATE, request.get());
      curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
      curl_easy_setopt(easy, CURLOPT_PROXY, "");
      if (!options.ca.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca.c_str());
      requests_.push_back(std::move(request));
      Begin(requests_.back().get());
    }
  }
  ~Client() {
    for (const auto& request : requests_) {
      curl_multi_remove_handle(multi_.get(), request->easy);
      curl_easy_cleanup(request->easy);
    }
  }

  absl::StatusOr<double> Run() {
    const absl::Time begin = absl::Now() + options_.warm_up;
    if (absl::Status status = Until(begin); !status.ok()) return status;
    const int64_t before = answered_;
    const absl::Time began = absl::Now();
    if (absl::Status status = Until(began + options_.duration); !status.ok()) return status;
    return static_cast<double>(answered_ - before) / absl::ToDoubleSeconds(absl::Now() - began);
  }

 private:
  void Begin(Request* request) {
    request->answer.clear();
    const std::string& body = options_.bodies[next_++ % options_.bodies.size()];
    curl_easy_setopt(request->easy, CURLOPT_POSTFIELDS, body.data());
    curl_easy_setopt(request->easy, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_multi_add_handle(multi_.get(), request->easy);
  }

  absl::Status Until(absl::Time end) {
    while (absl::Now() < end) {
      int running = 0;
      curl_multi_perform(multi_.get(), &running);
      int left = 0;
      while (CURLMsg* const message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        Request* request = nullptr;
        long code = 0;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &request);
        curl_easy_getinfo(message->easy_handle, CURLINFO_RESPONSE_CODE, &code);
        if (message->data.result != CURLE_OK || code != 200) {
          return absl::InternalError(
              absl::StrCat(curl_easy_strerror(message->data.result), ", HTTP ", code, ": ", request->answer));
        }
        ++answered_;
        curl_multi_remove_handle(multi_.get(), request->easy);
        Begin(request);
      }
      curl_multi_poll(multi_.get(), nullptr, 0, 100, nullptr);
    }
    return absl::OkStatus();
  }

  const BareCurlOptions& options_;
  const std::unique_ptr<CURLM, Freed> multi_;
  std::unique_ptr<curl_slist, Freed> headers_;
  std::vector<std::unique_ptr<Request>> requests_;
  size_t next_ = 0;
  int64_t answered_ = 0;
};

}  // namespace

absl::StatusOr<double> RunBareCurl(const BareCurlOptions& options) { return Client(options).Run(); }

}  // namespace costs::bench
