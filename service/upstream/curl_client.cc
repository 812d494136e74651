#include "service/upstream/curl_client.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "service/upstream/curl_transfer.h"
#include "service/upstream/upstream_errors.h"

namespace costs::upstream {
namespace {

// How often callers are asked whether they still want their answers, and the deadlines
// of those who wait are looked at.
constexpr absl::Duration kSweepEvery = absl::Milliseconds(10);
constexpr int kMostEvents = 128;

CURLcode InitialiseCurl() {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  return initialised;
}

int MillisecondsUntil(absl::Time at, absl::Time now) {
  if (at <= now) return 0;
  return static_cast<int>(absl::ToInt64Milliseconds(absl::Ceil(at - now, absl::Milliseconds(1))));
}

}  // namespace

// The thread, and all that it alone touches.
class CurlClient::Loop {
 public:
  explicit Loop(Options options)
      : options_(std::move(options)),
        multi_(curl_multi_init()),
        epoll_(epoll_create1(EPOLL_CLOEXEC)),
        wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Loop::WatchSocket);
    curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Loop::SetTimer);
    curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
    curl_multi_setopt(multi_, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX));
    const long connections = static_cast<long>(options_.connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_TOTAL_CONNECTIONS, connections);
    curl_multi_setopt(multi_, CURLMOPT_MAX_HOST_CONNECTIONS, connections);
    curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, connections);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = wake_;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
    thread_ = std::thread([this] { Run(); });
  }

  ~Loop() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stop_ = true;
    }
    Wake();
    thread_.join();
    idle_.clear();
    curl_multi_cleanup(multi_);
    close(wake_);
    close(epoll_);
  }

  void Send(std::unique_ptr<CurlTransfer> transfer) {
    bool full = false;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      full = unfinished_.load() >= options_.waiting + options_.under_way;
      if (!full) {
        ++unfinished_;
        arrived_.push_back(std::move(transfer));
      }
    }
    if (full) {
      transfer->Finish(Unavailable("has too many calls waiting for it already", /*may_have_acted=*/false));
    } else {
      Wake();
    }
  }

 private:
  using Transfers = absl::flat_hash_map<CurlTransfer*, std::unique_ptr<CurlTransfer>>;
  // A connection's socket.
  struct Watched {
    uint32_t wanted = 0;      // events that libcurl asks for
    uint32_t registered = 0;  // with epoll; 0: not there
  };

  void Wake() {
    if (woken_.exchange(true)) return;
    const uint64_t one = 1;
    (void)!write(wake_, &one, sizeof one);
  }

  void Run() {
    // A server that closes a connection is no reason to end the process.
    sigset_t pipe;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
    while (TakeArrived()) {
      Sweep();
      StartWaiting();
      Wait();
      ReadFinished();
    }
    EndAll();
  }

  // False: it is time to stop.
  bool TakeArrived() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::move(arrived_.begin(), arrived_.end(), std::back_inserter(waiting_));
    arrived_.clear();
    return !stop_;
  }

  // No more than libcurl has connections for: of those that wait for one inside it, each
  // is looked at again whenever a connection is free.
  size_t MostUnderWay() const {
    return multiplexed_ ? options_.under_way : std::min(options_.under_way, options_.connections);
  }

  void StartWaiting() {
    while (!waiting_.empty() && under_way_.size() < MostUnderWay()) {
      std::unique_ptr<CurlTransfer> transfer = std::move(waiting_.front());
      waiting_.pop_front();
      const absl::Time now = absl::Now();
      if (transfer->deadline() <= now) {
        Finish(std::move(transfer), TimedOut(/*may_have_acted=*/false));
        continue;
      }
      std::unique_ptr<CurlHandle> handle;
      if (idle_.empty()) {
        handle = CurlHandle::Make(options_);
        if (handle != nullptr) WatchSocketsOf(handle->easy());
      } else {
        handle = std::move(idle_.back());
        idle_.pop_back();
      }
      if (handle == nullptr) {
        Finish(std::move(transfer), Unavailable("cannot be used: out of memory", /*may_have_acted=*/false));
        continue;
      }
      transfer->Prepare(options_, std::move(handle), now);
      curl_multi_add_handle(multi_, transfer->easy());
      CurlTransfer* const key = transfer.get();
      under_way_.emplace(key, std::move(transfer));
    }
  }

  void WatchSocketsOf(CURL* easy) {
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Loop::OpenSocket);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Loop::CloseSocket);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  }

  // Until something happens to a connection, libcurl's timer, a sweep, or a call.
  void Wait() {
    absl::Time until = timer_;
    if (!under_way_.empty() || !waiting_.empty()) until = std::min(until, next_sweep_);
    const int timeout = until == absl::InfiniteFuture() ? -1 : MillisecondsUntil(until, absl::Now());
    epoll_event events[kMostEvents];
    const int count = epoll_wait(epoll_, events, kMostEvents, timeout);
    int running = 0;
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == wake_) {
        uint64_t ignored = 0;
        // In this order: a call that arrives between the two wakes once too often.
        (void)!read(wake_, &ignored, sizeof ignored);
        woken_ = false;
        continue;
      }
      if (!IsWanted(events[i].data.fd)) continue;
      int what = 0;
      if ((events[i].events & (EPOLLIN | EPOLLHUP)) != 0) what |= CURL_CSELECT_IN;
      if ((events[i].events & EPOLLOUT) != 0) what |= CURL_CSELECT_OUT;
      if ((events[i].events & EPOLLERR) != 0) what |= CURL_CSELECT_ERR;
      curl_multi_socket_action(multi_, events[i].data.fd, what, &running);
    }
    if (timer_ <= absl::Now()) {
      timer_ = absl::InfiniteFuture();
      curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
    }
  }

  void ReadFinished() {
    int left = 0;
    while (CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      char* self = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &self);
      std::unique_ptr<CurlTransfer> transfer = TakeOff(reinterpret_cast<CurlTransfer*>(self));
      if (code == CURLE_OK) multiplexed_ = transfer->multiplexed();
      Result result = transfer->ResultOf(code, options_, absl::Now());
      Recycle(transfer.get());
      Finish(std::move(transfer), std::move(result));
    }
  }

  // Ends what nobody waits for any more.
  void Sweep() {
    const absl::Time now = absl::Now();
    if (now < next_sweep_) return;
    next_sweep_ = now + kSweepEvery;
    std::vector<CurlTransfer*> unwanted;
    for (const auto& [key, transfer] : under_way_) {
      if (transfer->cancelled()) unwanted.push_back(key);
    }
    for (CurlTransfer* key : unwanted) Cancel(key);
    std::deque<std::unique_ptr<CurlTransfer>> waiting;
    waiting.swap(waiting_);
    for (std::unique_ptr<CurlTransfer>& transfer : waiting) {
      if (transfer->cancelled()) {
        Finish(std::move(transfer), Cancelled(/*may_have_acted=*/false));
      } else if (transfer->deadline() <= now) {
        Finish(std::move(transfer), TimedOut(/*may_have_acted=*/false));
      } else {
        waiting_.push_back(std::move(transfer));
      }
    }
  }

  void Cancel(CurlTransfer* key) {
    const bool sent = key->sent();
    std::unique_ptr<CurlTransfer> transfer = TakeOff(key);
    Recycle(transfer.get());
    Finish(std::move(transfer), Cancelled(sent));
  }

  void EndAll() {
    while (!under_way_.empty()) Cancel(under_way_.begin()->first);
    for (;;) {
      TakeArrived();
      if (waiting_.empty()) return;
      std::unique_ptr<CurlTransfer> transfer = std::move(waiting_.front());
      waiting_.pop_front();
      Finish(std::move(transfer), Cancelled(/*may_have_acted=*/false));
    }
  }

  std::unique_ptr<CurlTransfer> TakeOff(CurlTransfer* key) {
    const auto found = under_way_.find(key);
    std::unique_ptr<CurlTransfer> transfer = std::move(found->second);
    under_way_.erase(found);
    curl_multi_remove_handle(multi_, transfer->easy());
    return transfer;
  }

  void Recycle(CurlTransfer* transfer) {
    std::unique_ptr<CurlHandle> handle = transfer->Release();
    if (idle_.size() < options_.under_way) idle_.push_back(std::move(handle));
  }

  void Finish(std::unique_ptr<CurlTransfer> transfer, Result result) {
    --unfinished_;
    transfer->Finish(std::move(result));
  }

  // libcurl takes a connection's socket off when an answer is there, and puts it on again
  // for the next request: a connection's stays on until something happens to it that
  // nobody asks about.
  static int WatchSocket(CURL* /*easy*/, curl_socket_t socket, int what, void* self, void* watched) {
    auto* const loop = static_cast<Loop*>(self);
    uint32_t wanted = 0;
    if (what == CURL_POLL_IN || what == CURL_POLL_INOUT) wanted |= EPOLLIN;
    if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT) wanted |= EPOLLOUT;
    if (const auto found = loop->connections_.find(socket); found != loop->connections_.end()) {
      found->second.wanted = wanted;
      if (wanted != 0) loop->Register(socket, &found->second);
      return 0;
    }
    // One of libcurl's own, as to wait for a name's addresses.
    if (wanted == 0) {
      epoll_ctl(loop->epoll_, EPOLL_CTL_DEL, socket, nullptr);
      return 0;
    }
    epoll_event event{};
    event.data.fd = socket;
    event.events = wanted;
    epoll_ctl(loop->epoll_, watched == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    if (watched == nullptr) curl_multi_assign(loop->multi_, socket, loop);
    return 0;
  }

  void Register(curl_socket_t socket, Watched* watched) {
    if (watched->registered == watched->wanted) return;
    epoll_event event{};
    event.data.fd = socket;
    event.events = watched->wanted;
    epoll_ctl(epoll_, watched->registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, &event);
    watched->registered = watched->wanted;
  }

  // Whether libcurl asks about the socket at all. If not, it is not looked at again.
  bool IsWanted(curl_socket_t socket) {
    const auto found = connections_.find(socket);
    if (found == connections_.end() || found->second.wanted != 0) return true;
    epoll_ctl(epoll_, EPOLL_CTL_DEL, socket, nullptr);
    found->second.registered = 0;
    return false;
  }

  static curl_socket_t OpenSocket(void* self, curlsocktype /*purpose*/, curl_sockaddr* address) {
    const int socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    if (socket >= 0) static_cast<Loop*>(self)->connections_[socket] = {};
    return socket < 0 ? CURL_SOCKET_BAD : socket;
  }

  // libcurl closes some by itself, which then are new when they are opened again.
  static int CloseSocket(void* self, curl_socket_t socket) {
    static_cast<Loop*>(self)->connections_.erase(socket);
    return close(socket);
  }

  static int SetTimer(CURLM* /*multi*/, long timeout_ms, void* self) {
    static_cast<Loop*>(self)->timer_ =
        timeout_ms < 0 ? absl::InfiniteFuture() : absl::Now() + absl::Milliseconds(timeout_ms);
    return 0;
  }

  const Options options_;
  CURLM* const multi_;
  const int epoll_;
  const int wake_;

  std::mutex mutex_;
  std::vector<std::unique_ptr<CurlTransfer>> arrived_;  // guarded by mutex_
  bool stop_ = false;                                   // guarded by mutex_
  std::atomic<size_t> unfinished_{0};
  std::atomic<bool> woken_{false};

  // The thread's own.
  std::deque<std::unique_ptr<CurlTransfer>> waiting_;
  Transfers under_way_;
  absl::flat_hash_map<curl_socket_t, Watched> connections_;
  std::vector<std::unique_ptr<CurlHandle>> idle_;
  bool multiplexed_ = false;  // whether a connection takes many calls, by the last answer
  absl::Time timer_ = absl::InfiniteFuture();
  absl::Time next_sweep_ = absl::InfinitePast();

  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<CurlClient>> CurlClient::Start(Options options) {
  if (InitialiseCurl() != CURLE_OK) return absl::InternalError("libcurl cannot be initialised");
  while (absl::EndsWith(options.url, "/")) options.url.pop_back();
  CURLU* const url = curl_url();
  const bool readable = curl_url_set(url, CURLUPART_URL, options.url.c_str(), 0) == CURLUE_OK;
  char* query = nullptr;
  const bool has_query = readable && curl_url_get(url, CURLUPART_QUERY, &query, 0) == CURLUE_OK;
  curl_free(query);
  curl_url_cleanup(url);
  const bool scheme = absl::StartsWith(options.url, "https://") || absl::StartsWith(options.url, "http://");
  if (!readable || has_query || !scheme) {
    return absl::InvalidArgumentError("is no URL as https://HOST[:PORT][/PATH]");
  }
  return std::unique_ptr<CurlClient>(new CurlClient(std::make_unique<Loop>(std::move(options))));
}

CurlClient::CurlClient(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}

CurlClient::~CurlClient() = default;

void CurlClient::Send(HttpRequest request, absl::Time deadline, std::function<bool()> cancelled, Done done) {
  loop_->Send(std::make_unique<CurlTransfer>(std::move(request), deadline, std::move(cancelled), std::move(done)));
}

}  // namespace costs::upstream
