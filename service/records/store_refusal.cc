#include "service/records/store_refusal.h"

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "service/catalog/refusal.h"

namespace costs::records {
namespace {

using catalog::Refuse;
using catalog::WithRetryAfter;

constexpr absl::Duration kRetryAfter = absl::Seconds(1);

}  // namespace

absl::Status StoreRefusal(const absl::Status& error) {
  if (error.ok() || !catalog::ReasonOf(error).empty()) return error;
  switch (error.code()) {
    case absl::StatusCode::kResourceExhausted:
      return WithRetryAfter(Refuse(error.code(), "STORE_FULL",
                                   absl::StrCat("the disk of the meter records has no room: ", error.message(),
                                                "; nothing has been stored, so try again when there is room")),
                            kRetryAfter);
    case absl::StatusCode::kDataLoss:
      return Refuse(
          error.code(), "STORE_BROKEN",
          absl::StrCat("the store of the meter records is broken: ", error.message(), "; restore it from a copy"));
    default:
      return WithRetryAfter(Refuse(absl::StatusCode::kUnavailable, "STORE_UNAVAILABLE",
                                   absl::StrCat("the store of the meter records cannot be used: ", error.message(),
                                                "; nothing is known to have been stored, so try again")),
                            kRetryAfter);
  }
}

absl::Status IdTakenRefusal() {
  return Refuse(absl::StatusCode::kAlreadyExists, "RECORD_ID_TAKEN",
                "a meter record of another device or location, rate or time has the same id; move start or end by a "
                "nanosecond");
}

absl::Status OverloadedRefusal() {
  return catalog::Overloaded(
      "more meter records wait to be stored than the service takes; send them again later, or "
      "fewer at a time",
      kRetryAfter);
}

absl::Status DeadlineRefusal() {
  return Refuse(absl::StatusCode::kDeadlineExceeded, "DEADLINE_EXCEEDED",
                "the call's deadline passed before its records were stored; allow it more time");
}

absl::Status CancelledRefusal() {
  return Refuse(absl::StatusCode::kCancelled, "CANCELLED", "the caller cancelled the call");
}

absl::Status ReferenceAloneRefusal() {
  return catalog::Invalid(
      {{"record_reference_id", "cannot be the only filter; give location_id, device_id or session_reference_id too"}});
}

}  // namespace costs::records
