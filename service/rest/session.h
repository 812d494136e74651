// One connection of the REST server: reads requests one after the other, has
// them answered by the handlers of their routes, writes the answers.
//
// Whether the connection is in plain text or in TLS is the Transport's concern; a
// session adds the handshake and TLS's farewell.
//
// A session lives on its socket's strand: all its state is touched there only.
// It is owned by the server's register and by its own pending operations. A
// handler's work may outlive it: what the `done` given to the handler owns is a
// Call.
#ifndef SERVICE_REST_SESSION_H_
#define SERVICE_REST_SESSION_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "boost/asio/steady_timer.hpp"
#include "boost/beast/core/error.hpp"
#include "boost/beast/core/flat_buffer.hpp"
#include "boost/beast/http/message.hpp"
#include "boost/beast/http/parser.hpp"
#include "boost/beast/http/serializer.hpp"
#include "boost/beast/http/string_body.hpp"
#include "service/auth/authenticator.h"
#include "service/rest/exchange.h"
#include "service/rest/header_check.h"
#include "service/rest/http_error.h"
#include "service/rest/request_target.h"
#include "service/rest/router.h"
#include "service/rest/server_options.h"
#include "service/rest/transport.h"
#include "service/telemetry/sparse_log.h"

namespace costs::rest {

// Lets answers through to the sessions until the server stops. Thread-safe.
class AnswerGate {
 public:
  // Runs `pass` unless the gate is closed; Close() waits for it.
  void IfOpen(const std::function<void()>& pass) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (open_) pass();
  }
  void Close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    open_ = false;
  }

 private:
  std::mutex mutex_;
  bool open_ = true;
};

class Session;

// What the sessions of a server share. Outlives the server where a handler still
// holds a Call.
struct SessionEnvironment {
  SessionEnvironment(ServerOptions server_options, Router table)
      : options(std::move(server_options)), router(std::move(table)) {}

  const ServerOptions options;
  const Router router;
  // Called once by each session that ends, on its strand.
  std::function<void(Session*)> finished;
  std::string request_id_prefix;  // of this process's run
  // Called once by each session whose TLS handshake is over, on its strand.
  std::function<void(Session*)> handshaken = [](Session*) {};
  telemetry::SparseLog handshake_failures{options.log, absl::Seconds(1)};
  std::atomic<uint64_t> next_request{0};
  std::atomic<uint64_t> large_bodies{0};  // bytes that are set aside for them
  AnswerGate gate;
};

class Session : public std::enable_shared_from_this<Session> {
 public:
  // Without a context in plain text. A session that is `refused` answers 503 and ends.
  Session(Transport::Socket socket, Transport::TlsContext context, std::shared_ptr<SessionEnvironment> environment,
          bool refused);

  // From any thread.
  void Start();
  // Ends when idle, else after the answer to the request that is under way. From
  // any thread.
  void Drain();

  // Ends if its handshake is not over yet. From any thread.
  void EndHandshake();

  // Ends at once. On the session's strand, or when no thread runs it any more.
  void Close();

  // Of a client who showed one; null: none. From the handshake to the session's end.
  const auth::PeerCertificate* peer_certificate() const {
    return peer_certificate_.has_value() ? &*peer_certificate_ : nullptr;
  }

  bool refused() const { return refused_; }

 private:
  using ErrorCode = boost::beast::error_code;
  using Body = boost::beast::http::string_body;

  enum class Phase { kHandshaking, kIdle, kReading, kWorking, kWriting, kLingering, kClosed };

  struct Call;

  // Runs `step`; whatever it throws ends this session and no other.
  template <typename Step>
  void Guard(const Step& step);
  // A completion handler that keeps the session alive and guards `method`.
  auto Then(void (Session::*method)(ErrorCode, size_t));

  void StartTimer(absl::Duration timeout);
  void StopTimers();
  void OnTimeout();

  void Handshake();
  void OnHandshake(ErrorCode error, size_t);
  void Serve();

  void AwaitRequest(absl::Duration timeout);
  void OnFirstBytes(ErrorCode error, size_t bytes);
  void ReadHeader();
  void OnHeader(ErrorCode error, size_t bytes);
  void ReadBody();
  void OnContinueWritten(ErrorCode error, size_t bytes);
  void OnBody(ErrorCode error, size_t bytes);
  void OnReadError(ErrorCode error);

  void TakeHeader();
  uint64_t BodyLimit() const;  // of the request whose header was read
  // Finds out who sends the request whose header was read; why it gets no further,
  // where that is nobody.
  std::optional<HttpError> Authenticate();
  // Sets memory aside for a body that is larger than a record's; false: there is none.
  bool HoldLargeBody(uint64_t limit);
  void ReleaseLargeBody();

  void Dispatch();
  void StartWork();
  void OnWorkDone(const std::shared_ptr<Call>& call, rest::Answer answer);
  // Notices a client who goes while the handler works: by reading what comes next,
  // which may also be the beginning of his next request.
  void ReadAhead();
  void OnReadAhead(ErrorCode error, size_t bytes);
  void OnHalfClosed();

  void Refuse(const Refusal& refusal, bool close);
  void Respond(int status, std::string body, bool close);
  // Whoever counts and logs.
  void Tell(int status) const;
  void Write();
  void OnWritten(ErrorCode error, size_t bytes);
  void Linger();
  void OnTlsShutdown(ErrorCode error, size_t);
  void Discard();
  void OnLingerRead(ErrorCode error, size_t bytes);

  const std::shared_ptr<SessionEnvironment> environment_;
  const bool refused_;
  Transport transport_;
  std::optional<auth::PeerCertificate> peer_certificate_;
  boost::asio::steady_timer timer_;
  boost::asio::steady_timer half_close_timer_;
  uint64_t timer_number_ = 0;  // tells a timer that was replaced from the one that runs
  boost::beast::flat_buffer buffer_;
  // A read into buffer_ is pending, so nothing else may touch it.
  bool reading_ahead_ = false;
  bool peer_ended_ = false;  // and was heard: Asio may not tell it again
  uint64_t large_body_ = 0;  // bytes that are set aside
  Phase phase_ = Phase::kIdle;
  bool draining_ = false;
  bool timed_out_ = false;

  // The request that is being read or answered.
  std::optional<boost::beast::http::request_parser<Body>> parser_;
  Router::Match match_;
  Query query_;
  std::shared_ptr<const auth::Identity> identity_;
  std::optional<Refusal> refusal_;  // found in the header, answered after the body
  std::string request_id_;
  std::string traceparent_;                        // empty: none
  std::chrono::steady_clock::time_point began_{};  // of the request
  unsigned version_ = 11;
  bool keep_alive_ = false;
  bool head_ = false;

  std::shared_ptr<Call> call_;
  uint64_t work_number_ = 0;  // tells a timer of earlier work from this one's

  std::optional<boost::beast::http::response<Body>> response_;
  std::optional<boost::beast::http::response_serializer<Body>> serializer_;

  std::array<char, 4096> discarded_;
  size_t discarded_bytes_ = 0;
};

}  // namespace costs::rest

#endif  // SERVICE_REST_SESSION_H_
