#include "service/rest/server.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <list>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "boost/asio/dispatch.hpp"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/asio/strand.hpp"
#include "boost/system/system_error.hpp"
#include "service/rest/instant_route.h"
#include "service/rest/router.h"
#include "service/rest/session.h"
#include "service/tls/server_context.h"

namespace costs::rest {
namespace {

namespace net = boost::asio;
using tcp = boost::asio::ip::tcp;

constexpr int kMostThreads = 64;
// Connections beyond the limit that are still told so; the rest is only closed.
constexpr size_t kMostRefusals = 64;
// After accept() failed, as where the process has no descriptor left.
constexpr std::chrono::milliseconds kAcceptPause{50};

// Keeps an infinite deadline within what the standard library can wait for.
constexpr absl::Duration kLongestDrain = absl::Hours(24 * 365);

// What tells the request ids of this run from those of any other.
std::string RandomPrefix() {
  std::random_device random;
  return absl::StrFormat("%08x%08x-", random(), random());
}

absl::StatusOr<tcp::endpoint> ParseAddress(const std::string& listen) {
  const absl::Status malformed = absl::InvalidArgumentError(absl::StrCat(
      "REST listen address \"", listen, "\" is not HOST:PORT; write it such as 127.0.0.1:8080 or [::1]:0"));
  const size_t colon = listen.rfind(':');
  uint32_t port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(listen.substr(colon + 1), &port) || port > 65535) {
    return malformed;
  }
  std::string host = listen.substr(0, colon);
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (absl::StrContains(host, ':')) {
    return malformed;
  }
  if (host == "localhost") host = "127.0.0.1";
  boost::system::error_code error;
  const net::ip::address address = net::ip::make_address(host, error);
  if (error) return malformed;
  return tcp::endpoint(address, static_cast<uint16_t>(port));
}

absl::Status CheckOptions(const ServerOptions& options, bool needs_authenticator) {
  if (!options.clock || !options.serving || !options.log || !options.answered) {
    return absl::InvalidArgumentError("REST server: clock, serving, log and answered must be given");
  }
  if (needs_authenticator && options.authenticator == nullptr) {
    return absl::InvalidArgumentError("REST server: an authenticator must be given, since not all routes are open");
  }
  if (options.io_threads < 1 || options.io_threads > kMostThreads) {
    return absl::InvalidArgumentError(
        absl::StrCat("REST io_threads is ", options.io_threads, "; it must be 1 to ", kMostThreads));
  }
  return absl::OkStatus();
}

// All that is served: what every server has, then the options' own.
Router RouterOf(ServerOptions* options) {
  std::vector<Route> routes;
  if (options->calculator != nullptr) routes.push_back(InstantRoute(options->calculator, options->limits.body_bytes));
  routes.push_back(
      {"GET", "/healthz", "api", 0,
       [serving = options->serving](const Request&, const Done& done) {
         const bool yes = serving();
         done({yes ? 200 : 503, yes ? R"({"status":"SERVING"})" : R"({"status":"NOT_SERVING"})", "", std::nullopt});
       },
       /*open=*/true});
  std::move(options->routes.begin(), options->routes.end(), std::back_inserter(routes));
  options->routes.clear();
  return Router(std::move(routes));
}

std::shared_ptr<SessionEnvironment> EnvironmentOf(ServerOptions options) {
  Router router = RouterOf(&options);
  return std::make_shared<SessionEnvironment>(std::move(options), std::move(router));
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(ServerOptions options)
      : environment_(EnvironmentOf(std::move(options))),
        work_(net::make_work_guard(io_)),
        acceptor_(net::make_strand(io_)),
        accept_pause_(acceptor_.get_executor()) {
    environment_->request_id_prefix = RandomPrefix();
    environment_->finished = [this](Session* session) { Remove(session); };
    environment_->handshaken = [this](Session* session) {
      const std::lock_guard<std::mutex> lock(mutex_);
      handshaking_.remove(session);
    };
  }

  ~Impl() { Stop(); }

  absl::StatusOr<uint16_t> Start() {
    const ServerOptions& options = environment_->options;
    const absl::Status checked = CheckOptions(options, !environment_->router.all_open());
    if (!checked.ok()) return checked;
    const absl::StatusOr<tcp::endpoint> address = ParseAddress(options.listen);
    if (!address.ok()) return address.status();
    if (options.certificates != nullptr) {
      const absl::Status made = RenewTls();
      if (!made.ok()) return made;
    }
    try {
      acceptor_.open(address->protocol());
      acceptor_.set_option(tcp::acceptor::reuse_address(true));
      acceptor_.bind(*address);
      acceptor_.listen(net::socket_base::max_listen_connections);
      const uint16_t port = acceptor_.local_endpoint().port();
      net::post(acceptor_.get_executor(), [this] { Accept(); });
      for (int i = 0; i < options.io_threads; ++i) threads_.emplace_back([this] { Run(); });
      return port;
    } catch (const std::exception& error) {
      Stop();
      return absl::UnavailableError(absl::StrCat("REST server cannot listen on ", options.listen, ": ", error.what(),
                                                 "; choose another address or free this one"));
    }
  }

  absl::Status Drain(absl::Time deadline) {
    std::vector<std::shared_ptr<Session>> sessions;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      draining_ = true;
      for (const auto& [pointer, session] : sessions_) sessions.push_back(session);
    }
    net::dispatch(acceptor_.get_executor(), [this] {
      boost::system::error_code ignored;
      acceptor_.close(ignored);
      accept_pause_.cancel();
    });
    for (const std::shared_ptr<Session>& session : sessions) session->Drain();
    sessions.clear();

    size_t cut_off = 0;
    if (!threads_.empty()) {
      std::unique_lock<std::mutex> lock(mutex_);
      const absl::Time latest = std::min(deadline, absl::Now() + kLongestDrain);
      all_ended_.wait_until(lock, absl::ToChronoTime(latest), [this] { return sessions_.empty(); });
      cut_off = sessions_.size();
    }
    Stop();
    if (cut_off == 0) return absl::OkStatus();
    return absl::DeadlineExceededError(absl::StrCat("REST server: ", cut_off, " connections were cut off"));
  }

 private:
  void Run() {
    for (;;) {
      try {
        io_.run();
        return;
      } catch (const std::exception& error) {
        // Sessions guard themselves, so this is the acceptor's or the reactor's.
        environment_->options.log(absl::StrCat("REST server: ", error.what()));
      }
    }
  }

  // On the acceptor's strand, as all that touches the acceptor.
  void Accept() {
    acceptor_.async_accept(net::make_strand(io_), [this](const boost::system::error_code& error, tcp::socket socket) {
      if (!acceptor_.is_open()) return;
      try {
        if (!error) Add(std::move(socket));
        if (!error) return Accept();
      } catch (const std::exception& failure) {
        environment_->options.log(absl::StrCat("REST server cannot take a connection: ", failure.what()));
      }
      accept_pause_.expires_after(kAcceptPause);
      accept_pause_.async_wait([this](const boost::system::error_code&) {
        if (acceptor_.is_open()) Accept();
      });
    });
  }

  // The context of new connections follows the certificates. On the acceptor's strand,
  // or before it runs.
  absl::Status RenewTls() {
    const tls::Certificates& certificates = *environment_->options.certificates;
    std::shared_ptr<const tls::KeyMaterial> current = certificates.current();
    if (current == tls_material_) return absl::OkStatus();
    absl::StatusOr<tls::Context> made =
        tls::MakeServerContext(*current, certificates.client_certificates(), "http/1.1");
    if (!made.ok()) return made.status();
    tls_context_ = std::make_shared<net::ssl::context>(made->release());
    tls_material_ = std::move(current);
    return absl::OkStatus();
  }

  void Add(tcp::socket socket) {
    if (environment_->options.certificates != nullptr) {
      const absl::Status renewed = RenewTls();
      if (!renewed.ok()) environment_->options.log(absl::StrCat("REST server: ", renewed.message()));
    }
    std::shared_ptr<Session> session;
    std::shared_ptr<Session> stalled;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const size_t refusals = sessions_.size() - served_;
      const bool refused = served_ >= environment_->options.limits.connections;
      if (draining_ || (refused && refusals >= kMostRefusals)) return;
      session = std::make_shared<Session>(std::move(socket), tls_context_, environment_, refused);
      sessions_.emplace(session.get(), session);
      if (!refused) ++served_;
      if (tls_context_ != nullptr) {
        if (handshaking_.size() >= environment_->options.limits.handshakes) {
          stalled = sessions_.at(handshaking_.front());
          handshaking_.pop_front();
        }
        handshaking_.push_back(session.get());
      }
    }
    if (stalled != nullptr) stalled->EndHandshake();
    session->Start();
  }

  void Remove(Session* session) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (sessions_.erase(session) == 0) return;
    handshaking_.remove(session);
    if (!session->refused()) --served_;
    if (sessions_.empty()) all_ended_.notify_all();
  }

  // Ends whatever is left. From here on no answer reaches a session.
  void Stop() {
    environment_->gate.Close();
    work_.reset();
    io_.stop();
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    std::vector<std::shared_ptr<Session>> sessions;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      for (const auto& [pointer, session] : sessions_) sessions.push_back(session);
    }
    for (const std::shared_ptr<Session>& session : sessions) session->Close();
    boost::system::error_code ignored;
    acceptor_.close(ignored);
  }

  // The io_context comes before what is built on it, and so is destroyed after.
  net::io_context io_;
  const std::shared_ptr<SessionEnvironment> environment_;
  net::executor_work_guard<net::io_context::executor_type> work_;
  tcp::acceptor acceptor_;
  net::steady_timer accept_pause_;
  Transport::TlsContext tls_context_;                     // null: plain text
  std::shared_ptr<const tls::KeyMaterial> tls_material_;  // what it was made of
  std::vector<std::thread> threads_;

  std::mutex mutex_;
  std::condition_variable all_ended_;
  std::unordered_map<Session*, std::shared_ptr<Session>> sessions_;  // guarded by mutex_
  size_t served_ = 0;                                                // of sessions_, those not refused
  std::list<Session*> handshaking_;                                  // of sessions_, the oldest first
  bool draining_ = false;                                            // guarded by mutex_
};

Server::Server(ServerOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Server::~Server() = default;

absl::StatusOr<uint16_t> Server::Start() { return impl_->Start(); }

absl::Status Server::Drain(absl::Time deadline) { return impl_->Drain(deadline); }

}  // namespace costs::rest
