#include "service/catalog/document_reader.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/timestamp.pb.h"
#include "service/catalog/document_schedule.h"
#include "service/engine/decimal.h"
#include "service/rfc3339/rfc3339.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Kind = JsonNode::Kind;

constexpr absl::string_view kTimeWanted = "an RFC 3339 time in whole seconds, such as 2023-01-24T00:00:00Z";

// "COMMODITY or NON_COMMODITY".
std::string ValuesOf(const EnumDescriptor* descriptor) {
  std::string text;
  for (int i = 1; i < descriptor->value_count(); ++i) {
    absl::StrAppend(&text,
                    i == 1                               ? ""
                    : i + 1 == descriptor->value_count() ? " or "
                                                         : ", ",
                    descriptor->value(i)->name());
  }
  return text;
}

bool IsForPeople(absl::string_view name) { return name == "comment" || name == "source"; }

// Days may be written as numbers.
bool MayBeNumber(const FieldDescriptor* field) { return field->name() == "days" || field->name() == "weekday"; }

// What the path begins with: "name" or "[3]"; taken off it.
std::string NextStep(absl::string_view* path) {
  if (!path->empty() && path->front() == '.') path->remove_prefix(1);
  const size_t end = path->find_first_of(".[", 1);
  const std::string step(path->substr(0, end));
  path->remove_prefix(step.size());
  return step;
}

// Whether a path is that of `outer`, or of a part of it.
bool IsWithin(absl::string_view path, absl::string_view outer) {
  if (!absl::StartsWith(path, outer)) return false;
  return path.size() == outer.size() || path[outer.size()] == '.' || path[outer.size()] == '[';
}

const JsonNode* Child(const JsonNode& node, const std::string& step) {
  size_t index = 0;
  if (step.front() != '[') return node.kind() == Kind::kObject ? node.Find(step) : nullptr;
  if (node.kind() != Kind::kArray || !absl::SimpleAtoi(absl::string_view(step).substr(1, step.size() - 2), &index)) {
    return nullptr;
  }
  return index < node.elements().size() ? node.elements()[index] : nullptr;
}

}  // namespace

bool DocumentReader::Read(Message* document) {
  const size_t before = faults_->count();
  ReadObject(node_, "", document);
  if (node_.kind() == Kind::kObject) CheckRequired();
  return faults_->count() == before;
}

void DocumentReader::Fault(const JsonNode& node, absl::string_view what) {
  unread_.push_back(node.Path());
  faults_->Add({file_, node.line()}, unread_.back(), what);
}

void DocumentReader::AddFault(absl::string_view field, absl::string_view what) {
  const JsonNode* node = &node_;
  std::string path;  // as far as it was followed
  absl::string_view rest = field;
  while (!rest.empty()) {
    absl::string_view after = rest;
    const std::string step = NextStep(&after);
    std::string next_path = absl::StrCat(path, path.empty() || step.front() == '[' ? "" : ".", step);
    auto moved = moved_.find(next_path);
    const JsonNode* next = moved != moved_.end() ? moved->second : Child(*node, step);
    if (next == nullptr) break;
    node = next;
    path = std::move(next_path);
    rest = after;
  }
  if (!rest.empty() && rest.front() == '.') rest.remove_prefix(1);
  const std::string place = node->Path();
  const bool dot = !rest.empty() && rest.front() != '[' && !place.empty();
  const std::string whole = absl::StrCat(place, dot ? "." : "", rest);
  for (const std::string& unread : unread_) {
    if (IsWithin(whole, unread) || IsWithin(unread, whole)) return;
  }
  faults_->Add({file_, node->line()}, whole, what);
}

bool DocumentReader::IsKind(const JsonNode& node, Kind kind, absl::string_view wanted) {
  if (node.kind() == kind) return true;
  Fault(node, absl::StrCat("is ", KindName(node.kind()), "; write ", wanted));
  return false;
}

void DocumentReader::CheckRequired() {
  for (absl::string_view name : rules_.required) {
    const JsonNode* member = node_.Find(name);
    if (member == nullptr || member->kind() == Kind::kNull)
      AddFault(name, "is missing; a file says it in so many words");
  }
}

void DocumentReader::ReadObject(const JsonNode& node, const std::string& path, Message* message) {
  if (!IsKind(node, Kind::kObject, "an object in { }")) return;
  const Descriptor* descriptor = message->GetDescriptor();
  const bool is_top = path.empty();
  const auto refused = [&](absl::string_view name) { return is_top && absl::c_linear_search(rules_.refused, name); };
  for (const JsonNode* member : node.elements()) {
    if (faults_->full()) return;
    const FieldDescriptor* field = descriptor->FindFieldByName(std::string(member->name()));
    if (field != nullptr && !refused(member->name())) {
      const std::string member_path = absl::StrCat(path, is_top ? "" : ".", member->name());
      if (member->kind() != Kind::kNull) ReadMember(*member, field, member_path, message);
      continue;
    }
    if (IsForPeople(member->name()) || (is_top && absl::c_linear_search(rules_.ignored, member->name()))) continue;
    std::vector<absl::string_view> allowed;
    for (int i = 0; i < descriptor->field_count(); ++i) {
      if (!refused(descriptor->field(i)->name())) allowed.push_back(descriptor->field(i)->name());
    }
    Fault(*member, absl::StrCat("is not known here; allowed: ", absl::StrJoin(allowed, ", ")));
  }
}

void DocumentReader::ReadMember(const JsonNode& node, const FieldDescriptor* field, const std::string& path,
                                Message* message) {
  if (!field->is_repeated()) {
    const auto* oneof = field->real_containing_oneof();
    if (oneof != nullptr && message->GetReflection()->HasOneof(*message, oneof)) {
      Fault(node, "does not go with another such member; keep one");
      return;
    }
    ReadValue(node, field, path, message);
    return;
  }
  if (!IsKind(node, Kind::kArray, "an array in [ ]")) return;
  // In a message it would be as if absent, which for months is all of them.
  if (node.elements().empty() && field->name() != "tariff_elements") {
    return Fault(node, "is empty; write at least one entry, or leave it out");
  }
  for (size_t i = 0; i < node.elements().size() && !faults_->full(); ++i) {
    ReadValue(*node.elements()[i], field, absl::StrCat(path, "[", i, "]"), message);
  }
}

void DocumentReader::ReadValue(const JsonNode& node, const FieldDescriptor* field, const std::string& path,
                               Message* message) {
  const auto* reflection = message->GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* part =
          field->is_repeated() ? reflection->AddMessage(message, field) : reflection->MutableMessage(message, field);
      if (field->message_type() == google::protobuf::Timestamp::descriptor()) return ReadTime(node, part);
      ReadObject(node, path, part);
      if (auto* days = dynamic_cast<pb::ScheduleDays*>(part)) SplitNights(node, path, days);
      return;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      if (!(node.kind() == Kind::kNumber && MayBeNumber(field)) && !IsKind(node, Kind::kString, "a text in quotes")) {
        return;
      }
      std::string text(node.text());
      field->is_repeated() ? reflection->AddString(message, field, std::move(text))
                           : reflection->SetString(message, field, std::move(text));
      return;
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      if (IsKind(node, Kind::kBool, "true or false")) reflection->SetBool(message, field, node.boolean());
      return;
    case FieldDescriptor::CPPTYPE_ENUM:
      return ReadEnum(node, field, message);
    default:
      return ReadNumber(node, field, message);
  }
}

void DocumentReader::ReadEnum(const JsonNode& node, const FieldDescriptor* field, Message* message) {
  const std::string wanted = ValuesOf(field->enum_type());
  if (!IsKind(node, Kind::kString, wanted)) return;
  const auto* value = field->enum_type()->FindValueByName(std::string(node.text()));
  if (value == nullptr || value->number() == 0) {
    Fault(node, absl::StrCat("is ", Quoted(node.text()), "; write ", wanted));
  } else {
    message->GetReflection()->SetEnum(message, field, value);
  }
}

void DocumentReader::ReadNumber(const JsonNode& node, const FieldDescriptor* field, Message* message) {
  if (!IsKind(node, Kind::kNumber, "a number")) return;
  const auto* reflection = message->GetReflection();
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
    int32_t number = 0;
    if (!absl::SimpleAtoi(node.text(), &number)) {
      Fault(node, absl::StrCat("is ", Quoted(node.text()), "; write a whole number"));
    } else {
      reflection->SetInt32(message, field, number);
    }
    return;
  }
  // Degrees price nothing: the nearest double will do.
  if (field->containing_type()->name() == "GeoLocation") {
    double degrees = 0;
    if (absl::SimpleAtod(node.text(), &degrees)) return reflection->SetDouble(message, field, degrees);
    return Fault(node, "is not a number of degrees");
  }
  const absl::StatusOr<engine::Decimal> decimal = engine::Decimal::Parse(node.text());
  if (!decimal.ok()) return Fault(node, decimal.status().message());
  const absl::StatusOr<engine::Decimal> carried = engine::Decimal::FromDouble(decimal->ToDouble());
  if (!carried.ok() || *carried != *decimal) {
    return Fault(node,
                 absl::StrCat("is ", decimal->ToString(), ", which has more digits than are kept; round it to 15"));
  }
  reflection->SetDouble(message, field, decimal->ToDouble());
}

void DocumentReader::ReadTime(const JsonNode& node, Message* message) {
  if (!IsKind(node, Kind::kString, kTimeWanted)) return;
  const absl::StatusOr<rfc3339::Time> time = rfc3339::Parse(node.text());
  if (!time.ok() || time->nanos != 0) {
    return Fault(node, absl::StrCat("is ", Quoted(node.text()), "; write ", kTimeWanted));
  }
  static_cast<google::protobuf::Timestamp*>(message)->set_seconds(time->seconds);
}

void DocumentReader::SplitNights(const JsonNode& node, const std::string& path, pb::ScheduleDays* days) {
  const JsonNode* hours = node.Find("hours");
  const int count = days->hours_size();
  for (int i = 0; i < count; ++i) {
    const absl::optional<int32_t> from = TimeOfDay(days->hours(i).valid_from());
    const absl::optional<int32_t> to = TimeOfDay(days->hours(i).valid_to());
    if (!from || !to || *to == 0 || *to >= *from) continue;
    // The evening goes to the end of the list, so that the others stay in place.
    moved_[absl::StrCat(path, ".hours[", days->hours_size(), "]")] = hours->elements()[static_cast<size_t>(i)];
    pb::ScheduleHours* evening = days->add_hours();
    *evening = days->hours(i);
    evening->clear_valid_to();
    days->mutable_hours(i)->clear_valid_from();
  }
}

}  // namespace costs::catalog
