#include "service/catalog/field_mask.h"

#include <string>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/util/field_mask_util.h"
#include "service/catalog/fault_log.h"

namespace costs::catalog {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::FieldMask;
using google::protobuf::Message;
using google::protobuf::util::FieldMaskUtil;

// More paths than any document has fields; each costs a look-up.
constexpr int kMostPaths = 200;

bool Contains(const std::vector<absl::string_view>& names, absl::string_view name) {
  return absl::c_linear_search(names, name);
}

// A message of this API, whose fields can be set one by one, and not a time.
bool HasParts(const FieldDescriptor* field) {
  return !field->is_repeated() && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field->message_type()->full_name().rfind("google.protobuf.", 0) != 0;
}

// The paths of the fields that are not empty.
void AddSetPaths(const Message& message, const std::string& prefix, FieldMask* mask) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    const std::string path = absl::StrCat(prefix, field->name());
    if (HasParts(field)) {
      AddSetPaths(message.GetReflection()->GetMessage(message, field), path + ".", mask);
    } else {
      mask->add_paths(path);
    }
  }
}

// Without the paths of fields that a caller may not change.
FieldMask Changeable(const FieldMask& mask, const FieldRules& rules) {
  FieldMask changeable;
  for (const std::string& path : mask.paths()) {
    const std::string top = path.substr(0, path.find('.'));
    if (!Contains(rules.output_only, top) && !Contains(rules.immutable, top)) changeable.add_paths(path);
  }
  return changeable;
}

// Of scalar fields, which the immutable ones are. Empty: the caller did not say.
bool IsChanged(const Message& update, const Message& document, const FieldDescriptor* field) {
  const auto* from = update.GetReflection();
  const auto* to = document.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string value = from->GetString(update, field);
      return !value.empty() && value != to->GetString(document, field);
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const int value = from->GetEnumValue(update, field);
      return value != 0 && value != to->GetEnumValue(document, field);
    }
    default:
      return false;
  }
}

void CheckImmutable(const Message& update, const FieldRules& rules, const Message& document,
                    std::vector<FieldViolation>* faults) {
  for (absl::string_view name : rules.immutable) {
    const FieldDescriptor* field = update.GetDescriptor()->FindFieldByName(std::string(name));
    if (field != nullptr && IsChanged(update, document, field)) {
      faults->push_back({std::string(name), "cannot change; leave it out, or create another one"});
    }
  }
}

void CheckPath(const std::string& path, const Descriptor* descriptor, const FieldRules& rules,
               std::vector<FieldViolation>* faults) {
  const std::string top = path.substr(0, path.find('.'));
  const FieldDescriptor* field = descriptor->FindFieldByName(top);
  std::string fault;
  if (field == nullptr) {
    fault = "which is no field of it; write names as in \"reference_id\", with a dot before a part";
  } else if (Contains(rules.output_only, top)) {
    fault = "which the service sets; leave it out";
  } else if (Contains(rules.immutable, top)) {
    fault = "which cannot change; leave it out";
  } else if (path != top && !HasParts(field)) {
    fault = absl::StrCat("but ", top, " changes as a whole; write ", top);
  } else if (path.back() == '.' || !FieldMaskUtil::GetFieldDescriptors(descriptor, path, nullptr)) {
    fault = "which is no field of it; mend the part after the dot";
  }
  if (!fault.empty()) faults->push_back({"update_mask", absl::StrCat("names ", Quoted(path), ", ", fault)});
}

}  // namespace

void ClearOutputOnly(const FieldRules& rules, Message* document) {
  for (absl::string_view name : rules.output_only) {
    const FieldDescriptor* field = document->GetDescriptor()->FindFieldByName(std::string(name));
    if (field != nullptr) document->GetReflection()->ClearField(document, field);
  }
}

std::vector<FieldViolation> ApplyUpdate(const Message& update, const FieldMask& mask, const FieldRules& rules,
                                        Message* document) {
  std::vector<FieldViolation> faults;
  if (mask.paths_size() > kMostPaths) {
    return {{"update_mask", absl::StrCat("has ", mask.paths_size(), " paths; at most ", kMostPaths,
                                         " are allowed, and \"*\" is all")}};
  }
  const Descriptor* descriptor = update.GetDescriptor();
  FieldMask paths;
  if (mask.paths().empty()) {
    AddSetPaths(update, "", &paths);
    paths = Changeable(paths, rules);
    CheckImmutable(update, rules, *document, &faults);
  } else if (mask.paths_size() == 1 && mask.paths(0) == "*") {
    for (int i = 0; i < descriptor->field_count(); ++i) paths.add_paths(descriptor->field(i)->name());
    paths = Changeable(paths, rules);
    CheckImmutable(update, rules, *document, &faults);
  } else {
    for (const std::string& path : mask.paths()) CheckPath(path, descriptor, rules, &faults);
    paths = mask;
  }
  if (!faults.empty()) return faults;
  FieldMaskUtil::MergeOptions options;
  options.set_replace_message_fields(true);
  options.set_replace_repeated_fields(true);
  FieldMaskUtil::MergeMessageTo(update, paths, options, document);
  return faults;
}

}  // namespace costs::catalog
