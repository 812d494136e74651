// The calls of the Catalog that are about devices.
#include "service/catalog/catalog_calls.h"
#include "service/catalog/documents.h"

namespace costs::catalog {
namespace {

absl::Status List(const Catalog::Impl& impl, const pb::ListDevicesRequest& request, const Page* page,
                  pb::ListDevicesResponse* response) {
  std::vector<Column> filters;
  if (!request.reference_id().empty()) filters.push_back({"reference_id", request.reference_id()});
  return ListDocuments<pb::Device>(impl, filters, request.page_size(), request.page_token(), page, response);
}

}  // namespace

absl::Status Catalog::CreateDevice(const pb::CreateDeviceRequest& request, pb::Device* response) {
  absl::StatusOr<pb::Device> device = NewDocument(impl_->options, request.has_device(), request.device(), "device");
  if (!device.ok()) return device.status();
  if (absl::Status status = RefuseFaults(CheckDevice(*device)); !status.ok()) return status;
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  if (absl::Status status = CheckIsNew(change, *device); !status.ok()) return status;
  const absl::StatusOr<StoredDocument> stored = InsertDocument(change, *device);
  if (!stored.ok()) return stored.status();
  if (absl::Status status = change.Commit("device"); !status.ok()) return status;
  return Answer(*impl_, *stored, response);
}

absl::Status Catalog::GetDevice(const pb::GetDeviceRequest& request, pb::Device* response) const {
  return Get(*impl_, request.id(), response);
}

absl::Status Catalog::ListDevices(const pb::ListDevicesRequest& request, pb::ListDevicesResponse* response) const {
  return List(*impl_, request, nullptr, response);
}

absl::Status Catalog::ListDevices(const pb::ListDevicesRequest& request, const Page& page,
                                  pb::ListDevicesResponse* response) const {
  return List(*impl_, request, &page, response);
}

absl::Status Catalog::UpdateDevice(const pb::UpdateDeviceRequest& request, pb::Device* response) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  absl::StatusOr<Updated<pb::Device>> updated =
      ReadUpdate(change, request.has_device(), request.device(), request.update_mask(), "device");
  if (!updated.ok()) return updated.status();
  if (absl::Status status = RefuseFaults(CheckDevice(updated->after)); !status.ok()) return status;
  if (absl::Status status = UpdateDocument(change, updated->after, &updated->stored); !status.ok()) return status;
  if (absl::Status status = change.Commit("device"); !status.ok()) return status;
  return Answer(*impl_, updated->stored, response);
}

absl::Status Catalog::DeleteDevice(const pb::DeleteDeviceRequest& request) {
  Change change(impl_.get());
  if (!change.status().ok()) return change.status();
  const absl::StatusOr<StoredDocument> stored =
      Find<pb::Device>(change.database(), change.tenant(), request.id(), nullptr);
  if (!stored.ok()) return stored.status();
  const DocumentKind& kind = KindOf<pb::Device>();
  if (absl::Status status = CheckEtag(kind, request.etag(), stored->bytes); !status.ok()) return status;
  if (absl::Status status = change.Table(kind).Remove(stored->id); !status.ok()) return StoreRefusal(status);
  return change.Commit("id");
}

}  // namespace costs::catalog
