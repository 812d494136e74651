// The arguments of a command about a location: which one, which price list, and
// from when to when; a date means its first instant at the location.
#ifndef CLIENT_CLI_LOCATION_FLAGS_H_
#define CLIENT_CLI_LOCATION_FLAGS_H_

#include <optional>
#include <string>

#include "absl/flags/declare.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "client/cli/local_time.h"
#include "energy/costs/v1/tariffs_service.grpc.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "grpcpp/support/status.h"

ABSL_DECLARE_FLAG(std::string, from);
ABSL_DECLARE_FLAG(std::string, to);

namespace costs::cli {

namespace v1 = ::energy::costs::v1;

inline constexpr absl::string_view kLocationFlags[] = {"from", "to", "direction"};

// The location among the arguments that are no flags. INVALID_ARGUMENT unless it
// is the only one.
absl::StatusOr<std::string> LocationFrom(absl::Span<const std::string> arguments);

// --direction; UNSPECIFIED where it is not given. INVALID_ARGUMENT for no such
// price list.
absl::StatusOr<v1::TariffRate::Value> DirectionFromFlag();

// --deadline, or 10 s. INVALID_ARGUMENT unless it is above 0.
absl::StatusOr<absl::Duration> DeadlineFromFlag();

struct Period {
  std::optional<When> from;
  std::optional<When> to;
};

// Of --from and --to. INVALID_ARGUMENT, naming the flag.
absl::StatusOr<Period> PeriodFromFlags();

// The location's zone, by asking the server. Not OK: the call's status.
grpc::Status AskZone(const std::string& location_id, absl::Time deadline, v1::TariffsService::StubInterface* stub,
                     absl::TimeZone* zone);

// Whether that is a date, whose instant depends on the zone.
bool IsDate(const std::optional<When>& when);

// A day of the location where neither instant is given: from its midnight to the
// next. Otherwise 24 hours are the default, before `to` or after `from`; after a
// date, its own end. Asks the server for the location's zone where a date needs
// it; not OK: the call's status.
grpc::Status ResolvePeriod(const Period& period, const std::string& location_id, absl::Time now, absl::Time deadline,
                           v1::TariffsService::StubInterface* stub, google::protobuf::Timestamp* start,
                           google::protobuf::Timestamp* end);

}  // namespace costs::cli

#endif  // CLIENT_CLI_LOCATION_FLAGS_H_
