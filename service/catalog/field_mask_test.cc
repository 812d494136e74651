#include "service/catalog/field_mask.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "energy/costs/v1/locations_service.pb.h"
#include "energy/costs/v1/tariff_element.pb.h"
#include "google/protobuf/text_format.h"
#include "google/protobuf/util/field_mask_util.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;
using google::protobuf::FieldMask;
using google::protobuf::TextFormat;
using google::protobuf::util::FieldMaskUtil;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const FieldRules kRules = {{"object", "live_mode", "etag", "time_created", "tariff_status"}, {"id"}};

template <typename Message>
Message From(const char* text) {
  Message message;
  EXPECT_TRUE(TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

FieldMask Mask(const char* paths) {
  FieldMask mask;
  FieldMaskUtil::FromString(paths, &mask);
  return mask;
}

const char kStored[] = R"(id: "loc_1" timezone: "Europe/London" currency_code: "GBP" reference_id: "A"
                          tariff_elements: "a" tariff_elements: "b"
                          postal_address { city: "Leeds" post_code: "LS1" }
                          geo_location { lat: 1 lng: 2 })";

TEST(ApplyUpdate, Masks_ChangeWhatTheyName) {
  const struct {
    const char* update;
    const char* mask;
    const char* expected;  // as a change of kStored
  } cases[] = {
      {"timezone: 'UTC' reference_id: 'B'", "timezone",
       "id:'loc_1' timezone:'UTC' currency_code:'GBP' reference_id:'A' tariff_elements:'a' tariff_elements:'b' "
       "postal_address{city:'Leeds' post_code:'LS1'} geo_location{lat:1 lng:2}"},
      {"", "reference_id",
       "id:'loc_1' timezone:'Europe/London' currency_code:'GBP' tariff_elements:'a' tariff_elements:'b' "
       "postal_address{city:'Leeds' post_code:'LS1'} geo_location{lat:1 lng:2}"},
      {"postal_address{city:'York' state:'x'}", "postal_address.city,timezone",
       "id:'loc_1' currency_code:'GBP' reference_id:'A' tariff_elements:'a' tariff_elements:'b' "
       "postal_address{city:'York' post_code:'LS1'} geo_location{lat:1 lng:2}"},
      {"postal_address{city:'York'}", "postal_address",
       "id:'loc_1' timezone:'Europe/London' currency_code:'GBP' reference_id:'A' tariff_elements:'a' "
       "tariff_elements:'b' postal_address{city:'York'} geo_location{lat:1 lng:2}"},
      {"", "geo_location,postal_address,tariff_elements",
       "id:'loc_1' timezone:'Europe/London' currency_code:'GBP' reference_id:'A'"},
      {"tariff_elements:'c'", "tariff_elements",
       "id:'loc_1' timezone:'Europe/London' currency_code:'GBP' reference_id:'A' tariff_elements:'c' "
       "postal_address{city:'Leeds' post_code:'LS1'} geo_location{lat:1 lng:2}"},
      {"id:'loc_1' object:'x' etag:'y' live_mode:true postal_address{city:'York'} geo_location{lat:0}", "",
       "id:'loc_1' timezone:'Europe/London' currency_code:'GBP' reference_id:'A' tariff_elements:'a' "
       "tariff_elements:'b' postal_address{city:'York' post_code:'LS1'} geo_location{lat:0 lng:2}"},
      {"id:'loc_1' etag:'y' timezone:'UTC' currency_code:'USD'", "*", "id:'loc_1' timezone:'UTC' currency_code:'USD'"},
  };
  for (const auto& c : cases) {
    auto document = From<pb::Location>(kStored);
    EXPECT_THAT(ApplyUpdate(From<pb::Location>(c.update), Mask(c.mask), kRules, &document), IsEmpty());
    EXPECT_EQ(document.DebugString(), From<pb::Location>(c.expected).DebugString()) << c.mask;
  }
}

TEST(ApplyUpdate, PathThatMayNotChange_IsNamed) {
  const struct {
    const char* mask;
    const char* names;
  } cases[] = {
      {"object", "names \"object\", which the service sets"},
      {"tariff_status.local", "names \"tariff_status.local\", which the service sets"},
      {"id", "names \"id\", which cannot change"},
      {"time_zone", "names \"time_zone\", which is no field"},
      {"postal_address.town", "names \"postal_address.town\", which is no field"},
      {"timezone.name", "but timezone changes as a whole"},
      {"tariff_elements.a", "but tariff_elements changes as a whole"},
      {"timezone,*", "names \"*\", which is no field"},
      {"postal_address.", "which is no field"},
      {".", "which is no field"},
  };
  for (const auto& c : cases) {
    auto document = From<pb::Location>(kStored);
    const std::vector<FieldViolation> faults = ApplyUpdate(pb::Location(), Mask(c.mask), kRules, &document);
    ASSERT_EQ(faults.size(), 1u) << c.mask;
    EXPECT_EQ(faults[0].field, "update_mask");
    EXPECT_THAT(faults[0].description, HasSubstr(c.names));
  }
  FieldMask huge;
  for (int i = 0; i < 100'000; ++i) huge.add_paths("timezone");
  auto document = From<pb::Location>(kStored);
  EXPECT_EQ(ApplyUpdate(pb::Location(), huge, kRules, &document).size(), 1u);
}

TEST(ApplyUpdate, ImmutableFieldWithAnotherValue_IsRefused) {
  const FieldRules rules = {{"object"}, {"id", "direction", "supersedes"}};
  const auto stored = From<pb::TariffElement>("id:'a' direction:IMPORT");
  for (const char* mask : {"", "*"}) {
    pb::TariffElement document = stored;
    EXPECT_THAT(ApplyUpdate(From<pb::TariffElement>("id:'a' direction:IMPORT"), Mask(mask), rules, &document),
                IsEmpty());
    document = stored;
    EXPECT_THAT(ApplyUpdate(From<pb::TariffElement>("direction:EXPORT supersedes:'b'"), Mask(mask), rules, &document),
                ElementsAre(testing::Field(&FieldViolation::field, "direction"),
                            testing::Field(&FieldViolation::field, "supersedes")));
  }
}

TEST(ClearOutputOnly, WhatTheServiceSets_IsEmptied) {
  auto document = From<pb::Location>("id:'x' object:'y' etag:'z' live_mode:true time_created{seconds:1}");
  ClearOutputOnly(kRules, &document);
  EXPECT_EQ(document.DebugString(), From<pb::Location>("id:'x'").DebugString());
}

}  // namespace
}  // namespace costs::catalog
