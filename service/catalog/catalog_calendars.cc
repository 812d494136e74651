// The calls of the Catalog that are about calendars of special days.
#include "service/catalog/catalog_calls.h"
#include "service/catalog/documents.h"

namespace costs::catalog {
namespace {

// Makes the elements that name the calendar anew, with what it is now.
absl::Status RemakeElements(const pb::SpecialDayCalendar& calendar, Change* change) {
  absl::StatusOr<std::shared_ptr<const engine::SpecialDayCalendar>> built = BuildCalendar(calendar);
  if (!built.ok()) return built.status();
  absl::Status refused;
  const absl::Status read = change->Table(KindOf<pb::TariffElement>())
                                .Visit({{"calendar", calendar.id()}}, [&](const StoredDocument& stored) {
                                  pb::TariffElement document;
                                  refused = Parse(stored, &document);
                                  if (!refused.ok()) return refused;
                                  ElementParts parts;
                                  parts.special_days = *built;
                                  if (document.market_rates()) {
                                    parts.market = change->snapshot().FindMarket(document.market_series());
                                  }
                                  auto element = BuildElement(document, parts);
                                  refused = element.status();
                                  if (element.ok()) change->parts.elements.push_back(*std::move(element));
                                  return refused;
                                });
  if (!refused.ok()) return refused;
  return read.ok() ? read : StoreRefusal(read);
}

}  // namespace

absl::Status Catalog::CreateSpecialDayCalendar(const pb::CreateSpecialDayCalendarRequest& request,
                                               pb::SpecialDayCalendar* response) {
  absl::StatusOr<pb::SpecialDayCalendar> calendar = NewDocument(impl_->options, request.has_special_day_calendar(),
                                                                request.special_day_calendar(), "special_day_calendar");
  if (!calendar.ok()) return calendar.status();
  if (absl::Status status = RefuseFaults(CheckCalendar(*calendar)); !status.ok()) return status;
  if (absl::Status status = BuildCalendar(*calendar).status(); !status.ok()) return status;
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  if (absl::Status status = CheckIsNew(change, *calendar); !status.ok()) return status;
  const absl::StatusOr<StoredDocument> stored = InsertDocument(change, *calendar);
  if (!stored.ok()) return stored.status();
  if (absl::Status status = change.Commit("rules"); !status.ok()) return status;
  return Answer(*impl_, *stored, response);
}

absl::Status Catalog::GetSpecialDayCalendar(const pb::GetSpecialDayCalendarRequest& request,
                                            pb::SpecialDayCalendar* response) const {
  return Get(*impl_, request.id(), response);
}

absl::Status Catalog::ListSpecialDayCalendars(const pb::ListSpecialDayCalendarsRequest& request,
                                              pb::ListSpecialDayCalendarsResponse* response) const {
  return ListDocuments<pb::SpecialDayCalendar>(*impl_, {}, request.page_size(), request.page_token(), nullptr,
                                               response);
}

absl::Status Catalog::ListSpecialDayCalendars(const pb::ListSpecialDayCalendarsRequest&, const Page& page,
                                              pb::ListSpecialDayCalendarsResponse* response) const {
  return ListDocuments<pb::SpecialDayCalendar>(*impl_, {}, 0, "", &page, response);
}

absl::Status Catalog::UpdateSpecialDayCalendar(const pb::UpdateSpecialDayCalendarRequest& request,
                                               pb::SpecialDayCalendar* response) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  absl::StatusOr<Updated<pb::SpecialDayCalendar>> updated =
      ReadUpdate(change, request.has_special_day_calendar(), request.special_day_calendar(), request.update_mask(),
                 "special_day_calendar");
  if (!updated.ok()) return updated.status();
  if (absl::Status status = RefuseFaults(CheckCalendar(updated->after)); !status.ok()) return status;
  if (absl::Status status = RemakeElements(updated->after, &change); !status.ok()) return status;
  if (absl::Status status = UpdateDocument(change, updated->after, &updated->stored); !status.ok()) return status;
  if (absl::Status status = change.Commit("rules"); !status.ok()) return status;
  return Answer(*impl_, updated->stored, response);
}

absl::Status Catalog::DeleteSpecialDayCalendar(const pb::DeleteSpecialDayCalendarRequest& request) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  const absl::StatusOr<StoredDocument> stored =
      Find<pb::SpecialDayCalendar>(change.database(), change.tenant(), request.id(), nullptr);
  if (!stored.ok()) return stored.status();
  const DocumentKind& kind = KindOf<pb::SpecialDayCalendar>();
  if (absl::Status status = CheckEtag(kind, request.etag(), stored->bytes); !status.ok()) return status;
  const absl::StatusOr<std::vector<StoredDocument>> users =
      change.Table(KindOf<pb::TariffElement>()).List({{"calendar", request.id()}}, std::nullopt, std::nullopt, 1);
  if (!users.ok()) return StoreRefusal(users.status());
  if (!users->empty()) {
    return Refuse(absl::StatusCode::kFailedPrecondition, "CALENDAR_IN_USE",
                  absl::StrCat("the calendar '", request.id(), "' is named by the tariff element '", users->front().id,
                               "'; take it off the elements first"));
  }
  if (absl::Status status = change.Table(kind).Remove(stored->id); !status.ok()) return StoreRefusal(status);
  return change.Commit("id");
}

}  // namespace costs::catalog
