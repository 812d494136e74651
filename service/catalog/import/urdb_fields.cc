#include "service/catalog/import/urdb_fields.h"

#include <iterator>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"

namespace costs::catalog {
namespace {

constexpr absl::string_view kRead[] = {
    "name", "utility", "country", "startdate", "enddate", "approved", "dgrules", "usenetmetering",
    // what energy costs
    "energyratestructure", "energyweekdayschedule", "energyweekendschedule", "energyattrs", "fueladjustmentsmonthly",
    // other charges
    "fixedchargefirstmeter", "fixedchargeeaaddl", "fixedchargeunits", "fixedmonthlycharge", "fixedattrs", "mincharge",
    "minchargeunits", "minmonthlycharge", "annualmincharge", "flatdemandstructure", "flatdemandunit",
    "demandratestructure", "demandrateunit", "demandattrs", "coincidentratestructure", "coincidentrateunit",
    "demandreactivepowercharge"};

constexpr absl::string_view kInformation[] = {
    "_id", "label", "uri", "revisions", "latest_update", "is_default", "eiaid", "supersedes", "sector", "servicetype",
    "source", "sourceparent", "sourcereference", "rateno",
    // who may have the tariff
    "demandunits", "mindemand", "maxdemand", "servicemin", "servicemax", "peakkwcapacitymin", "peakkwcapacitymax",
    "peakkwcapacityhistory", "peakkwhusagemin", "peakkwhusagemax", "peakkwhusagehistory", "voltageminimum",
    "voltagemaximum", "voltagecategory", "phasewiring",
    // names of periods, and the unit of their rates ($/kWh)
    "energytoulabels", "demandtoulabels", "energyrateunit",
    // when and how demand is measured; its money is in the structures
    "flatdemandmonths", "demandweekdayschedule", "demandweekendschedule", "coincidentrateschedule",
    "coincidentschedule", "demandratchetpercentage", "demandwindow", "lookbackpercent", "lookbackrange",
    "lookbackmonths"};

constexpr absl::string_view kComments[] = {"description", "energycomments", "demandcomments",
                                           "basicinformationcomments"};

// Written as the first, meant as the second.
constexpr absl::string_view kSpellings[][2] = {
    {"flatdemandunits", "flatdemandunit"},
    {"demandrateunits", "demandrateunit"},
    {"coincidentrateunits", "coincidentrateunit"},
    {"demandreactpwrcharge", "demandreactivepowercharge"},
    {"demandreactivepowerchg", "demandreactivepowercharge"},
    {"supercedes", "supersedes"},
    {"utilityname", "utility"},
    {"ratename", "name"},
};

}  // namespace

std::string UrdbFieldName(absl::string_view written) {
  std::string name = absl::AsciiStrToLower(written);
  for (const auto& spelling : kSpellings) {
    if (name == spelling[0]) return std::string(spelling[1]);
  }
  return name;
}

UrdbUse UseOfUrdbField(absl::string_view name) {
  if (absl::c_linear_search(kRead, name)) return UrdbUse::kRead;
  if (absl::c_linear_search(kInformation, name)) return UrdbUse::kInformation;
  if (absl::c_linear_search(kComments, name)) return UrdbUse::kComment;
  return UrdbUse::kUnknown;
}

}  // namespace costs::catalog
