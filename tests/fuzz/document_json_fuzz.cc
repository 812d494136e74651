// The REST face's documents: the first byte chooses the message, the rest is the
// JSON text. What is read can be written and read again; what is not read is told
// in few words.
#include <google/protobuf/message.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/special_day_calendar.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "service/catalog/refusal.h"
#include "service/rest/document_reader.h"
#include "service/rest/document_writer.h"
#include "tests/fuzz/check.h"

namespace costs::fuzz {
namespace {

namespace v1 = energy::costs::v1;

std::unique_ptr<google::protobuf::Message> Empty(char choice) {
  switch (choice) {
    case 'l':
      return std::make_unique<v1::Location>();
    case 'd':
      return std::make_unique<v1::Device>();
    case 'c':
      return std::make_unique<v1::SpecialDayCalendar>();
    default:
      return std::make_unique<v1::TariffElement>();
  }
}

void Run(absl::string_view input) {
  if (input.empty()) return;
  const std::unique_ptr<google::protobuf::Message> message = Empty(input[0]);
  google::protobuf::FieldMask given;
  const bool element = message->GetDescriptor() == v1::TariffElement::descriptor();
  const rest::DocumentOptions options{element ? "data" : "", "schedule"};
  const absl::Status read = rest::ReadDocument(input.substr(1), options, message.get(), &given);
  if (!read.ok()) {
    const std::vector<catalog::FieldViolation> violations = catalog::ViolationsOf(read);
    COSTS_FUZZ_CHECK(!violations.empty() && violations.size() <= 20);
    for (const catalog::FieldViolation& violation : violations) {
      COSTS_FUZZ_CHECK(!violation.field.empty() && !violation.description.empty());
    }
    return;
  }
  const std::string text = rest::WriteDocument(*message);
  const std::unique_ptr<google::protobuf::Message> again(message->New());
  COSTS_FUZZ_CHECK(rest::ReadDocument(text, {}, again.get(), nullptr).ok());
  COSTS_FUZZ_CHECK(rest::WriteDocument(*again) == text);
}

}  // namespace
}  // namespace costs::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  costs::fuzz::Run({reinterpret_cast<const char*>(data), size});
  return 0;
}
