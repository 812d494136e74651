#include "client/login.h"

#include <algorithm>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/errors.h"
#include "energy/costs/v1/auth_service.grpc.pb.h"
#include "grpcpp/client_context.h"

namespace costs {
namespace {

namespace v1 = ::energy::costs::v1;

constexpr absl::Duration kLoginPatience = absl::Seconds(10);
constexpr absl::Duration kPauseAfterFailure = absl::Seconds(10);

}  // namespace

absl::StatusOr<v1::LoginResponse> LogInWith(Connection connection, const std::string& account_id,
                                            const std::string& api_key) {
  connection.authorization =
      [basic = absl::StrCat("Basic ", absl::Base64Escape(absl::StrCat(account_id, ":", api_key)))] { return basic; };
  connection.refused = nullptr;
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + kLoginPatience));
  v1::LoginResponse response;
  const absl::Status status =
      ToStatus(v1::AuthService::NewStub(OpenChannel(connection))->Login(&context, {}, &response));
  if (status.ok()) return response;
  absl::Status told(status.code(), absl::StrCat("cannot log in at ", connection.address, ": ", status.message()));
  status.ForEachPayload([&told](absl::string_view url, const absl::Cord& details) { told.SetPayload(url, details); });
  return told;
}

absl::StatusOr<std::string> TokenKeeper::Authorization() {
  std::string last;  // still good
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    const absl::Time now = now_();
    if (!authorization_.empty() && now < renew_at_) return authorization_;
    if (now < ends_at_) last = authorization_;
  }
  if (!last.empty()) {
    // One renews it, the others go on with it.
    const std::unique_lock<std::mutex> only_one(logging_in_, std::try_to_lock);
    if (!only_one.owns_lock()) return last;
    absl::StatusOr<std::string> renewed = Renew();
    if (renewed.ok()) return renewed;
    const std::lock_guard<std::mutex> lock(mutex_);
    renew_at_ = std::min(now_() + kPauseAfterFailure, ends_at_);
    return last;
  }
  const std::lock_guard<std::mutex> one_at_a_time(logging_in_);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!authorization_.empty() && now_() < renew_at_) return authorization_;
  }
  return Renew();
}

absl::StatusOr<std::string> TokenKeeper::Renew() {
  const absl::StatusOr<v1::LoginResponse> login = log_in_();
  if (!login.ok()) return login.status();
  const absl::Duration life = absl::Seconds(login->expires_in());
  const std::lock_guard<std::mutex> lock(mutex_);
  const absl::Time now = now_();
  authorization_ = absl::StrCat("Bearer ", login->bearer_token());
  renew_at_ = now + life * 4 / 5;
  ends_at_ = now + life;
  return authorization_;
}

void TokenKeeper::Forget(const std::string& authorization) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (authorization == authorization_) authorization_.clear();
}

}  // namespace costs
