// The conventions of the API that buf has no rule for. They make the JSON that
// protobuf prints the JSON of the REST documentation.
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "energy/costs/v1/accounts_service.pb.h"
#include "energy/costs/v1/auth_service.pb.h"
#include "energy/costs/v1/carbon_service.pb.h"
#include "energy/costs/v1/costs_service.pb.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/meter_record.pb.h"
#include "energy/costs/v1/meter_records_service.pb.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "energy/costs/v1/tariffs_service.pb.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

namespace {

using ::google::protobuf::Descriptor;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;

std::vector<const FileDescriptor*> Files() {
  namespace api = ::energy::costs::v1;
  return {
      api::Account::descriptor()->file(),
      api::LoginRequest::descriptor()->file(),
      api::ListIntensitiesRequest::descriptor()->file(),
      api::GetIntervalCostsRequest::descriptor()->file(),
      api::Location::descriptor()->file(),
      api::MeterRecord::descriptor()->file(),
      api::GetMeterRecordRequest::descriptor()->file(),
      api::SpecialDayCalendar::descriptor()->file(),
      api::TariffElement::descriptor()->file(),
      api::ListRatesRequest::descriptor()->file(),
  };
}

void ForEachMessageIn(const Descriptor* message, const std::function<void(const Descriptor*)>& visit) {
  visit(message);
  for (int i = 0; i < message->nested_type_count(); ++i) ForEachMessageIn(message->nested_type(i), visit);
}

void ForEachMessage(const std::function<void(const Descriptor*)>& visit) {
  for (const FileDescriptor* file : Files()) {
    for (int i = 0; i < file->message_type_count(); ++i) ForEachMessageIn(file->message_type(i), visit);
  }
}

void ForEachField(const std::function<void(const FieldDescriptor*)>& visit) {
  ForEachMessage([&](const Descriptor* message) {
    for (int i = 0; i < message->field_count(); ++i) visit(message->field(i));
  });
}

TEST(ApiConventions, Files_AreThoseOfThePackage) {
  std::set<std::string> names;
  for (const FileDescriptor* file : Files()) {
    EXPECT_EQ(file->package(), "energy.costs.v1") << file->name();
    names.insert(file->name());
  }
  EXPECT_EQ(names.size(), Files().size());
}

TEST(ApiConventions, Field_JsonNameIsItsOwnName) {
  int fields = 0;
  ForEachField([&](const FieldDescriptor* field) {
    EXPECT_EQ(field->json_name(), field->name()) << field->full_name();
    ++fields;
  });
  EXPECT_GT(fields, 100);
}

TEST(ApiConventions, Enum_IsAloneInItsMessageAndStartsUnspecified) {
  for (const FileDescriptor* file : Files()) EXPECT_EQ(file->enum_type_count(), 0) << file->name();
  int enums = 0;
  ForEachMessage([&](const Descriptor* message) {
    for (int i = 0; i < message->enum_type_count(); ++i, ++enums) {
      const EnumDescriptor* type = message->enum_type(i);
      EXPECT_EQ(type->name(), "Value") << type->full_name();
      EXPECT_EQ(message->field_count(), 0) << type->full_name();
      EXPECT_EQ(type->value(0)->number(), 0) << type->full_name();
      EXPECT_EQ(type->value(0)->name(), "UNSPECIFIED") << type->full_name();
    }
  });
  EXPECT_GT(enums, 5);
}

// JSON shows a 64-bit integer as a string.
TEST(ApiConventions, Integer_Has32BitsUnlessItIsASequenceNumber) {
  ForEachField([](const FieldDescriptor* field) {
    const auto type = field->cpp_type();
    if (type != FieldDescriptor::CPPTYPE_INT64 && type != FieldDescriptor::CPPTYPE_UINT64) return;
    EXPECT_EQ(field->name(), "sequence") << field->full_name();
  });
}

// JSON leaves out a zero that is not told from absence.
TEST(ApiConventions, NumberOrBool_IsToldFromAbsence) {
  const std::set<std::string> zero_is_absent = {"billing_anchor_day", "page_size", "sequence"};
  ForEachField([&](const FieldDescriptor* field) {
    const auto type = field->cpp_type();
    if (type == FieldDescriptor::CPPTYPE_STRING || type == FieldDescriptor::CPPTYPE_ENUM ||
        type == FieldDescriptor::CPPTYPE_MESSAGE || field->is_repeated()) {
      return;
    }
    EXPECT_TRUE(field->has_presence() || zero_is_absent.count(field->name()) == 1)
        << field->full_name() << " must be optional";
  });
}

}  // namespace
