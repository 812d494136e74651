#include "service/upstream/curl_transfer.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

// An idle connection is closed before servers do it, which commonly wait a minute or
// more: so that a request seldom meets a connection that is just being closed.
constexpr long kIdleSeconds = 50;
constexpr long kCaSeconds = 60;  // how long CAs once read are used

long Milliseconds(absl::Duration duration) {
  return static_cast<long>(std::clamp<int64_t>(absl::ToInt64Milliseconds(duration), 1, int64_t{24} * 3'600'000));
}

}  // namespace

std::unique_ptr<CurlHandle> CurlHandle::Make(const CurlClient::Options& options) {
  auto made = std::make_unique<CurlHandle>();
  made->easy_.reset(curl_easy_init());
  CURL* const handle = made->easy();
  if (handle == nullptr) return nullptr;
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(handle, CURLOPT_FOLLOWLOCATION, 0L);
  // An empty name also keeps the environment's out.
  curl_easy_setopt(handle, CURLOPT_PROXY, options.proxy.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
  curl_easy_setopt(handle, CURLOPT_HTTP09_ALLOWED, 0L);
  // Rather wait and see whether a connection takes many calls than open another.
  curl_easy_setopt(handle, CURLOPT_PIPEWAIT, 1L);
  curl_easy_setopt(handle, CURLOPT_MAXAGE_CONN, kIdleSeconds);
  curl_easy_setopt(handle, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(options.connect_timeout));
  curl_easy_setopt(handle, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle, CURLOPT_CA_CACHE_TIMEOUT, kCaSeconds);
  if (!options.ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, options.ca_file.c_str());
    // Or else the system's would count too.
    curl_easy_setopt(handle, CURLOPT_CAPATH, nullptr);
  }
  if (!options.client_certificate.empty()) {
    curl_easy_setopt(handle, CURLOPT_SSLCERT, options.client_certificate.c_str());
    curl_easy_setopt(handle, CURLOPT_SSLKEY, options.client_key.c_str());
  }
  return made;
}

void CurlHandle::SetTarget(const CurlClient::Options& options, const std::string& target) {
  if (target == target_) return;
  curl_easy_setopt(easy(), CURLOPT_URL, absl::StrCat(options.url, target).c_str());
  target_ = target;
}

void CurlHandle::SetHeaders(const std::vector<std::string>& headers) {
  if (headers == headers_) return;
  curl_slist* list = nullptr;
  for (const std::string& header : headers) list = curl_slist_append(list, header.c_str());
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, list);
  list_.reset(list);
  headers_ = headers;
}

void CurlTransfer::Prepare(const CurlClient::Options& options, std::unique_ptr<CurlHandle> given, absl::Time now) {
  handle_ = std::move(given);
  CURL* const handle = easy();
  largest_answer_ = request_.largest_answer != 0 ? request_.largest_answer : options.largest_answer;
  handle_->SetTarget(options, request_.target);
  handle_->SetHeaders(request_.headers);
  if (request_.method != "GET") {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, request_.body.data());
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(handle, CURLOPT_POST, 1L);
    if (request_.method != "POST") curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  } else {
    curl_easy_setopt(handle, CURLOPT_HTTPGET, 1L);
  }
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS, Milliseconds(std::min(deadline_ - now, options.call_timeout)));
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &CurlTransfer::TakeBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, detail_);
  curl_easy_setopt(handle, CURLOPT_PRIVATE, this);
}

std::unique_ptr<CurlHandle> CurlTransfer::Release() {
  CURL* const handle = easy();
  curl_easy_setopt(handle, CURLOPT_POSTFIELDS, nullptr);
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, nullptr);
  curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, nullptr);
  return std::move(handle_);
}

size_t CurlTransfer::TakeBody(char* data, size_t size, size_t count, void* self) {
  auto* const transfer = static_cast<CurlTransfer*>(self);
  const size_t bytes = size * count;
  if (transfer->answer_.body.size() + bytes > transfer->largest_answer_) {
    transfer->too_large_ = true;
    return 0;
  }
  transfer->answer_.body.append(data, bytes);
  return bytes;
}

bool CurlTransfer::sent() const {
  // Counts all connections that were tried.
  long bytes = 0;
  return curl_easy_getinfo(easy(), CURLINFO_REQUEST_SIZE, &bytes) != CURLE_OK || bytes > 0;
}

bool CurlTransfer::multiplexed() const {
  long version = 0;
  curl_easy_getinfo(easy(), CURLINFO_HTTP_VERSION, &version);
  return version >= CURL_HTTP_VERSION_2_0;
}

CurlClient::Result CurlTransfer::ResultOf(CURLcode code, const CurlClient::Options& options, absl::Time now) {
  long status = 0;
  curl_easy_getinfo(easy(), CURLINFO_RESPONSE_CODE, &status);
  answer_.status = static_cast<int>(status);
  if (code == CURLE_OK) {
    // Of a good answer it would say nothing.
    curl_header* header = nullptr;
    if (status != 200 && curl_easy_header(easy(), "Retry-After", 0, CURLH_HEADER, -1, &header) == CURLHE_OK) {
      answer_.retry_after = header->value;
    }
    return std::move(answer_);
  }
  const char* const why = curl_easy_strerror(code);
  options.log(absl::StrCat("the upstream did not answer: ", detail_[0] == '\0' ? why : detail_));
  if (too_large_) {
    return BadAnswer(absl::StrCat("is larger than ", options.largest_answer, " bytes"), answer_.status);
  }
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT: {
      curl_off_t connected = 0;
      curl_easy_getinfo(easy(), CURLINFO_PRETRANSFER_TIME_T, &connected);
      const bool too_late = now + absl::Milliseconds(2) >= deadline_;
      if (connected == 0 && !sent() && !too_late) return Unavailable("cannot be reached: it takes too long", false);
      return TimedOut(sent());
    }
    case CURLE_PARTIAL_FILE:
      return BadAnswer("ends in its midst", answer_.status);
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return BadAnswer("is no HTTP", answer_.status);
    default:
      return Unavailable(absl::StrCat("cannot be used: ", why), sent());
  }
}

}  // namespace costs::upstream
