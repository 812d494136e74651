#include "service/rest/session.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "boost/asio/dispatch.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/write.hpp"
#include "boost/beast/http/error.hpp"
#include "boost/beast/http/read.hpp"
#include "boost/beast/http/write.hpp"
#include "service/catalog/refusal.h"
#include "service/telemetry/call_log.h"
#include "service/telemetry/trace_context.h"
#include "service/tls/peer_names.h"

namespace costs::rest {
namespace {

namespace net = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

constexpr char kContinue[] = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr size_t kFirstRead = 1024;
// Room in a session's buffer for what is read beyond a header.
constexpr size_t kReadAhead = size_t{16} * 1024;
// What a client may still send after the last answer.
constexpr size_t kMostDiscarded = size_t{4} * 1024 * 1024;
// A timer's expiry is now plus its duration; this keeps the sum in range.
constexpr absl::Duration kLongestTimeout = absl::Hours(24 * 365);

absl::string_view View(beast::string_view text) { return absl::string_view(text.data(), text.size()); }

}  // namespace

// Work under way. The handler's `done` owns it, also when the session ends first.
struct Session::Call {
  std::shared_ptr<SessionEnvironment> environment;
  // Shared once more, since `cancelled` may be copied.
  std::shared_ptr<std::atomic<bool>> cancelled = std::make_shared<std::atomic<bool>>(false);
  std::atomic<bool> done{false};
};

Session::Session(Transport::Socket socket, Transport::TlsContext context,
                 std::shared_ptr<SessionEnvironment> environment, bool refused)
    : environment_(std::move(environment)),
      refused_(refused),
      transport_(std::move(socket), std::move(context)),
      timer_(transport_.get_executor()),
      half_close_timer_(transport_.get_executor()),
      buffer_(environment_->options.limits.header_bytes + kReadAhead) {}

template <typename Step>
void Session::Guard(const Step& step) {
  if (phase_ == Phase::kClosed) return;
  try {
    try {
      step();
    } catch (const std::exception& error) {
      environment_->options.log(absl::StrCat("REST request ", request_id_, " failed: ", error.what()));
      Close();
    }
  } catch (...) {
    // Not even the log worked; the connection still goes.
    Close();
  }
}

auto Session::Then(void (Session::*method)(ErrorCode, size_t)) {
  return [self = shared_from_this(), method](ErrorCode error, size_t bytes) {
    self->Guard([&] { (self.get()->*method)(error, bytes); });
  };
}

// ---- beginning and end --------------------------------------------------------

void Session::Start() {
  net::dispatch(transport_.get_executor(), [self = shared_from_this()] {
    self->Guard([&] {
      ErrorCode ignored;  // without it the session works, if slower
      self->transport_.socket().set_option(net::ip::tcp::no_delay(true), ignored);
      self->transport_.encrypted() ? self->Handshake() : self->Serve();
    });
  });
}

void Session::Handshake() {
  phase_ = Phase::kHandshaking;
  StartTimer(environment_->options.limits.handshake);
  transport_.async_handshake(
      [self = shared_from_this()](ErrorCode error) { self->Guard([&] { self->OnHandshake(error, 0); }); });
}

void Session::OnHandshake(ErrorCode error, size_t) {
  environment_->handshaken(this);
  if (error) {
    environment_->handshake_failures.Say(absl::StrCat("REST TLS handshake failed: ", error.message()), absl::Now());
    return Close();
  }
  if (X509* const certificate = SSL_get0_peer_certificate(transport_.ssl()); certificate != nullptr) {
    peer_certificate_ = tls::NamesOf(certificate);
  }
  Serve();
}

void Session::Serve() {
  if (!refused_) return AwaitRequest(environment_->options.limits.header);
  TakeHeader();
  Refuse({TooBusy("Too many connections are open; use one for several requests, or try again later."), ""},
         /*close=*/true);
}

void Session::EndHandshake() {
  net::dispatch(transport_.get_executor(), [self = shared_from_this()] {
    self->Guard([&] {
      if (self->phase_ == Phase::kHandshaking) self->Close();
    });
  });
}

void Session::Drain() {
  net::dispatch(transport_.get_executor(), [self = shared_from_this()] {
    self->Guard([&] {
      self->draining_ = true;
      ErrorCode ignored;
      // A request that has reached this machine is still answered.
      const bool idle = self->phase_ == Phase::kIdle || self->phase_ == Phase::kHandshaking;
      if (idle && self->transport_.socket().available(ignored) == 0) self->Close();
    });
  });
}

void Session::Close() {
  if (phase_ == Phase::kClosed) return;
  phase_ = Phase::kClosed;
  if (call_ != nullptr) call_->cancelled->store(true);
  call_.reset();
  try {
    StopTimers();
  } catch (const std::exception&) {
    // A timer that goes off later finds the session closed.
  }
  ReleaseLargeBody();
  ErrorCode ignored;
  transport_.socket().close(ignored);
  environment_->finished(this);
}

void Session::StartTimer(absl::Duration timeout) {
  const uint64_t number = ++timer_number_;
  timer_.expires_after(absl::ToChronoNanoseconds(std::clamp(timeout, absl::ZeroDuration(), kLongestTimeout)));
  timer_.async_wait([self = shared_from_this(), number](ErrorCode error) {
    self->Guard([&] {
      if (!error && number == self->timer_number_) self->OnTimeout();
    });
  });
}

void Session::StopTimers() {
  ++timer_number_;
  timer_.cancel();
  half_close_timer_.cancel();
}

void Session::OnTimeout() {
  switch (phase_) {
    case Phase::kReading:
      // The pending read ends with an error, and its handler answers.
      timed_out_ = true;
      transport_.socket().cancel();
      return;
    case Phase::kWorking: {
      calculator::Failure failure;
      failure.code = absl::StatusCode::kDeadlineExceeded;
      call_->cancelled->store(true);
      call_.reset();
      ++work_number_;
      return Refuse({ErrorFromFailure(failure), ""}, /*close=*/true);
    }
    case Phase::kHandshaking:
    case Phase::kIdle:
    case Phase::kWriting:
    case Phase::kLingering:
    case Phase::kClosed:
      return Close();
  }
}

// ---- reading ------------------------------------------------------------------

void Session::AwaitRequest(absl::Duration timeout) {
  phase_ = Phase::kIdle;
  if (draining_) return Close();
  if (buffer_.size() > 0) return ReadHeader();
  if (peer_ended_) return Close();
  StartTimer(timeout);
  if (reading_ahead_) return;  // What it reads is the next request's beginning.
  transport_.async_read_some(buffer_.prepare(kFirstRead), Then(&Session::OnFirstBytes));
}

void Session::OnFirstBytes(ErrorCode error, size_t bytes) {
  if (error) return Close();
  buffer_.commit(bytes);
  ReadHeader();
}

void Session::ReadHeader() {
  const Limits& limits = environment_->options.limits;
  phase_ = Phase::kReading;
  timed_out_ = false;
  began_ = std::chrono::steady_clock::now();
  parser_.emplace();
  parser_->header_limit(limits.header_bytes);
  // The largest of any route: which one it is, is not known yet.
  parser_->body_limit(environment_->router.largest_body());
  StartTimer(limits.header);
  http::async_read_header(transport_, buffer_, *parser_, Then(&Session::OnHeader));
}

void Session::OnHeader(ErrorCode error, size_t) {
  TakeHeader();
  if (error) return OnReadError(error);
  if (match_.route != nullptr && !match_.route->open) {
    // The body of a stranger is not waited for.
    if (std::optional<HttpError> stranger = Authenticate()) {
      return Refuse({*std::move(stranger), ""}, /*close=*/!parser_->is_done());
    }
  }
  if (!refusal_.has_value()) refusal_ = CheckHeader(parser_->get(), match_, environment_->options.limits.header_fields);
  const uint64_t limit = BodyLimit();
  if (parser_->content_length().value_or(0) > limit) return OnReadError(http::error::body_limit);
  parser_->body_limit(limit);  // of a body whose length is not said
  if (!HoldLargeBody(limit)) {
    return Refuse({TooBusy("Too many large requests are under way; try again later, or send smaller ones."), ""},
                  /*close=*/true);
  }
  if (parser_->is_done()) return Dispatch();
  if (ExpectsContinue(parser_->get())) {
    // Whether a refused client sends its body all the same is unknown, so what
    // follows could not be told from a next request.
    if (refusal_.has_value()) return Refuse(*refusal_, /*close=*/true);
    StartTimer(environment_->options.limits.body);
    return net::async_write(transport_, net::buffer(kContinue, sizeof kContinue - 1),
                            Then(&Session::OnContinueWritten));
  }
  ReadBody();
}

void Session::OnContinueWritten(ErrorCode error, size_t) {
  if (error) return OnReadError(error);
  ReadBody();
}

void Session::ReadBody() {
  StartTimer(environment_->options.limits.body);
  http::async_read(transport_, buffer_, *parser_, Then(&Session::OnBody));
}

void Session::OnBody(ErrorCode error, size_t) {
  if (error) return OnReadError(error);
  Dispatch();
}

void Session::OnReadError(ErrorCode error) {
  if (timed_out_) return Refuse({TimedOut(), ""}, /*close=*/true);
  const bool of_http = error.category() == http::make_error_code(http::error::bad_method).category();
  if (!of_http || error == http::error::end_of_stream) return Close();
  Refuse({ErrorOfReading(error, environment_->options.limits.header_bytes, BodyLimit()), ""}, /*close=*/true);
}

uint64_t Session::BodyLimit() const {
  const uint64_t of_route = match_.route == nullptr ? 0 : match_.route->body_bytes;
  return of_route > 0 ? of_route : environment_->options.limits.body_bytes;
}

std::optional<HttpError> Session::Authenticate() {
  const auto& request = parser_->get();
  absl::StatusOr<std::shared_ptr<const auth::Identity>> identity =
      request.count(http::field::authorization) > 1
          ? catalog::Refuse(absl::StatusCode::kUnauthenticated, "BAD_CREDENTIALS",
                            "The request has several Authorization fields; send one.")
          : environment_->options.authenticator->Authenticate(
                {View(request[http::field::authorization]), peer_certificate()});
  if (!identity.ok()) return ErrorFromStatus(identity.status());
  identity_ = *std::move(identity);
  return std::nullopt;
}

// Bodies of a record's size are bounded by how many connections there may be.
bool Session::HoldLargeBody(uint64_t limit) {
  const Limits& limits = environment_->options.limits;
  const uint64_t bytes = parser_->chunked() ? limit : parser_->content_length().value_or(0);
  if (bytes <= limits.body_bytes) return true;
  large_body_ = bytes;
  if (environment_->large_bodies.fetch_add(bytes) + bytes <= limits.large_bodies_bytes) return true;
  ReleaseLargeBody();
  return false;
}

void Session::ReleaseLargeBody() { environment_->large_bodies.fetch_sub(std::exchange(large_body_, 0)); }

// Keeps what the answer needs of the header, however much of it was read.
void Session::TakeHeader() {
  match_ = Router::Match();
  query_.clear();
  identity_.reset();
  refusal_.reset();
  request_id_.clear();
  traceparent_.clear();
  version_ = 11;
  keep_alive_ = false;
  head_ = false;
  if (parser_.has_value()) {
    const auto& request = parser_->get();
    const absl::string_view given = View(request["X-Request-Id"]);
    if (telemetry::IsRequestId(given)) request_id_ = std::string(given);
    const absl::string_view trace = View(request["traceparent"]);
    if (telemetry::IsTraceparent(trace)) traceparent_ = std::string(trace);
    if (parser_->is_header_done()) {
      version_ = request.version();
      keep_alive_ = request.keep_alive();
      head_ = request.method() == http::verb::head;
    }
    absl::StatusOr<RequestTarget> target = ParseRequestTarget(View(request.target()));
    if (target.ok()) {
      match_ = environment_->router.Find(View(request.method_string()), target->path);
      query_ = std::move(target->query);
    } else {
      refusal_ = Refusal{MakeError(400, "malformed_request", absl::StrCat(target.status().message(), ".")), ""};
    }
  }
  if (request_id_.empty()) {
    request_id_ = absl::StrFormat("%s%08x", environment_->request_id_prefix, environment_->next_request.fetch_add(1));
  }
}

// ---- answering ----------------------------------------------------------------

void Session::Dispatch() {
  const auto& request = parser_->get();
  const auto transfer = request.find(http::field::transfer_encoding);
  if (transfer != request.end() && !absl::EqualsIgnoreCase(View(transfer->value()), "chunked")) {
    // Where such a body ends is not known.
    return Refuse({MakeError(501, "not_implemented", "The only Transfer-Encoding that is accepted is chunked."), ""},
                  /*close=*/true);
  }
  if (refusal_.has_value()) return Refuse(*refusal_, /*close=*/refusal_->error.code == "malformed_request");
  StartWork();
}

void Session::StartWork() {
  const Limits& limits = environment_->options.limits;
  auto call = std::make_shared<Call>();
  call->environment = environment_;
  Request request;
  request.identity = identity_;
  if (match_.route->open || match_.route->hands_on_authorization) {
    request.authorization = std::string(View(parser_->get()[http::field::authorization]));
  }
  request.parameters = std::move(match_.parameters);
  request.query = std::move(query_);
  request.traceparent = traceparent_;
  request.if_match = std::string(View(parser_->get()[http::field::if_match]));
  request.body = std::move(parser_->get().body());
  request.deadline = environment_->options.clock() + limits.work;
  request.cancelled = [cancelled = call->cancelled] { return cancelled->load(); };

  phase_ = Phase::kWorking;
  call_ = call;
  ++work_number_;
  StartTimer(limits.work);
  match_.route->handler(std::move(request), [weak = weak_from_this(), call](Answer answer) {
    call->done.store(true);
    try {
      call->environment->gate.IfOpen([&] {
        const std::shared_ptr<Session> session = weak.lock();
        if (session == nullptr) return;
        net::post(session->transport_.get_executor(), [session, call, answer = std::move(answer)]() mutable {
          session->Guard([&] { session->OnWorkDone(call, std::move(answer)); });
        });
      });
    } catch (const std::exception&) {
      // The session's own timer answers in place of this.
    }
  });
  if (!call->done.load()) ReadAhead();
}

void Session::OnWorkDone(const std::shared_ptr<Call>& call, Answer answer) {
  if (phase_ != Phase::kWorking || call != call_) return;  // answered in its place
  call_.reset();
  ++work_number_;
  ReleaseLargeBody();  // the handler has done with it; before the client can know
  StopTimers();
  if (answer.error.has_value()) return Refuse({*std::move(answer.error), ""}, /*close=*/false);
  response_.emplace();
  response_->set(http::field::content_type, answer.content_type);
  if (!answer.etag.empty()) response_->set(http::field::etag, answer.etag);
  Respond(answer.status, std::move(answer.body), /*close=*/false);
}

// One read at most, which goes on when the work is done. Where a next request is here
// already, nothing is read: it waits its turn, and the rest of it with the client.
void Session::ReadAhead() {
  if (reading_ahead_ || buffer_.size() > 0) return;
  reading_ahead_ = true;
  transport_.async_read_some(buffer_.prepare(kFirstRead), Then(&Session::OnReadAhead));
}

void Session::OnReadAhead(ErrorCode error, size_t bytes) {
  reading_ahead_ = false;
  if (phase_ == Phase::kIdle) return OnFirstBytes(error, bytes);
  if (!error) return buffer_.commit(bytes);
  peer_ended_ = true;
  if (phase_ != Phase::kWorking) return;  // What can be written still is.
  if (!Transport::IsEnd(error)) return Close();
  OnHalfClosed();
}

void Session::OnHalfClosed() {
  const absl::Duration patience = environment_->options.limits.half_close;
  half_close_timer_.expires_after(
      absl::ToChronoNanoseconds(std::clamp(patience, absl::ZeroDuration(), kLongestTimeout)));
  half_close_timer_.async_wait([self = shared_from_this(), work = work_number_](ErrorCode error) {
    self->Guard([&] {
      if (error || self->phase_ != Phase::kWorking || work != self->work_number_) return;
      self->call_->cancelled->store(true);
    });
  });
}

void Session::Refuse(const Refusal& refusal, bool close) {
  const ServerOptions& options = environment_->options;
  const HttpError& error = refusal.error;
  if (!error.internal.empty()) {
    options.log(absl::StrCat("REST request ", request_id_, " answered ", error.status, ": ", error.internal));
  }
  const absl::string_view context = match_.context.empty() ? "api" : absl::string_view(match_.context);
  response_.emplace();
  if (!refusal.allow.empty()) {
    response_->set(http::field::allow, refusal.allow);
  }
  if (error.retry_after_seconds.has_value()) {
    response_->set(http::field::retry_after, absl::StrCat(*error.retry_after_seconds));
  }
  const bool live_mode = identity_ == nullptr ? options.live_mode : identity_->tenant.live_mode;
  Respond(error.status, RenderError(error, context, live_mode, options.clock()), close);
}

void Session::Respond(int status, std::string body, bool close) {
  const bool keep_alive = keep_alive_ && !close && !draining_;
  if (!response_.has_value()) response_.emplace();
  Tell(status);
  response_->version(version_);
  response_->result(static_cast<unsigned>(status));
  if (status == 499) response_->reason("Client Closed Request");
  response_->set(http::field::date,
                 absl::FormatTime("%a, %d %b %Y %H:%M:%S GMT", environment_->options.clock(), absl::UTCTimeZone()));
  if (response_->count(http::field::content_type) == 0) {
    response_->set(http::field::content_type, "application/json");
  }
  response_->set(http::field::cache_control, "no-store");
  response_->set("X-Request-Id", request_id_);
  response_->keep_alive(keep_alive);
  response_->body() = std::move(body);
  response_->prepare_payload();
  Write();
}

void Session::Tell(int status) const {
  AnsweredRequest answered;
  if (match_.route != nullptr) {
    answered.method = match_.route->method;
    answered.route = match_.route->pattern;
  }
  answered.status = status;
  answered.duration = absl::FromChrono(std::chrono::steady_clock::now() - began_);
  if (identity_ != nullptr) answered.account_id = identity_->tenant.account_id;
  answered.request_id = request_id_;
  answered.traceparent = traceparent_;
  environment_->options.answered(answered);
}

void Session::Write() {
  phase_ = Phase::kWriting;
  StartTimer(environment_->options.limits.write);
  serializer_.emplace(*response_);
  if (head_) return http::async_write_header(transport_, *serializer_, Then(&Session::OnWritten));
  http::async_write(transport_, *serializer_, Then(&Session::OnWritten));
}

void Session::OnWritten(ErrorCode error, size_t) {
  const bool keep_alive = response_->keep_alive() && !draining_;
  serializer_.reset();
  response_.reset();
  parser_.reset();
  ReleaseLargeBody();
  if (error) return Close();
  if (!keep_alive) return Linger();
  AwaitRequest(environment_->options.limits.idle);
}

// Closing a socket that holds unread bytes makes the kernel discard the answer
// as well. So: say that nothing more comes, and read on for a while.
void Session::Linger() {
  phase_ = Phase::kLingering;
  StartTimer(environment_->options.limits.linger);
  if (!transport_.encrypted()) return Discard();
  transport_.async_shutdown(
      [self = shared_from_this()](ErrorCode error) { self->Guard([&] { self->OnTlsShutdown(error, 0); }); });
}

// Whatever the client answered: ours has been said.
void Session::OnTlsShutdown(ErrorCode, size_t) { Discard(); }

// What comes now is nobody's, so it is read as it is on the wire.
void Session::Discard() {
  ErrorCode error;
  transport_.socket().shutdown(net::ip::tcp::socket::shutdown_send, error);
  if (error) return Close();
  transport_.socket().async_read_some(net::buffer(discarded_), Then(&Session::OnLingerRead));
}

void Session::OnLingerRead(ErrorCode error, size_t bytes) {
  discarded_bytes_ += bytes;
  if (error || discarded_bytes_ > kMostDiscarded) return Close();
  transport_.socket().async_read_some(net::buffer(discarded_), Then(&Session::OnLingerRead));
}

}  // namespace costs::rest
