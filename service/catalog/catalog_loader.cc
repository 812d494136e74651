#include "service/catalog/catalog_loader.h"

#include <fstream>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "service/catalog/catalog_directory.h"
#include "service/catalog/element_reader.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/series_reader.h"

namespace costs::catalog {
namespace {

using Kind = JsonNode::Kind;

constexpr char kLocationsFile[] = "locations.json";
constexpr absl::string_view kLocationIdWanted = "loc_ and 1 to 60 letters, digits, '_' and '-'";
constexpr absl::string_view kZoneWanted = "an IANA time zone that this machine knows, such as Europe/London";

bool IsLocationId(absl::string_view id) {
  return absl::StartsWith(id, "loc_") && id.size() > 4 && IsId(id) && !absl::StrContains(id, '.');
}

class Loader {
 public:
  explicit Loader(const LoadLimits& limits) : limits_(limits) {}

  absl::StatusOr<CatalogContent> Load(absl::string_view directory) {
    const CatalogDirectory listing = ListCatalog(directory, &faults_);
    // First what others refer to.
    for (const CatalogFile& file : listing.market) LoadMarket(file);
    for (const CatalogFile& file : listing.carbon) LoadCarbon(file);
    for (const CatalogFile& file : listing.elements) {
      LoadList(file, "elements", [this](const JsonNode& node, absl::string_view name) { AddElement(node, name); });
    }
    for (const CatalogFile& file : listing.locations) {
      LoadList(file, "locations", [this](const JsonNode& node, absl::string_view name) { AddLocation(node, name); });
    }
    if (!faults_.empty()) return faults_.ToStatus();
    return std::move(content_);
  }

  // After Load(): why no snapshot can be made of the content, by location. What
  // the readers do not see is an element or a sum of elements that the engine
  // cannot hold.
  absl::Status ExplainSnapshot(const CatalogContent& content, const absl::Status& status) {
    for (const LocationSpec& location : content.locations) {
      CatalogContent alone;
      alone.locations.push_back(location);
      alone.carbon = content.carbon;
      for (const std::string& id : location.tariff_elements) alone.elements.push_back(elements_.at(id).element);
      const absl::Status fault = Snapshot::Create(0, std::move(alone)).status();
      if (fault.ok()) continue;
      faults_.Add({kLocationsFile, location_lines_.at(location.id)}, "tariff_elements", fault.message());
      if (faults_.full()) break;
    }
    if (faults_.empty()) return absl::Status(status.code(), absl::StrCat("catalog: ", status.message()));
    return faults_.ToStatus();
  }

 private:
  struct KnownElement {
    std::shared_ptr<const engine::TariffElement> element;  // null: it has faults of its own
    FilePosition where;
  };

  void Fault(const CatalogFile& file, absl::string_view what) { faults_.Add({file.name, 0}, "", what); }

  // Opens the file and gives its size; null, with a fault, where that cannot be
  // done or it is too large.
  absl::optional<size_t> Open(const CatalogFile& file, std::ifstream* stream) {
    stream->open(file.path, std::ios::binary | std::ios::ate);
    const std::streamoff size = stream->is_open() ? static_cast<std::streamoff>(stream->tellg()) : -1;
    if (size < 0) {
      Fault(file, "cannot be read; the service needs permission to read it");
      return absl::nullopt;
    }
    if (static_cast<uint64_t>(size) > limits_.max_file_bytes) {
      Fault(file, absl::StrCat("has ", size, " bytes; at most ", limits_.max_file_bytes, " are read: split it"));
      return absl::nullopt;
    }
    stream->seekg(0);
    return static_cast<size_t>(size);
  }

  void LoadMarket(const CatalogFile& file) {
    std::ifstream stream;
    markets_[file.stem] = nullptr;
    if (Open(file, &stream)) {
      markets_[file.stem] = ReadMarketSeries(&stream, file.name, file.stem, limits_.max_rows, &faults_);
    }
  }

  void LoadCarbon(const CatalogFile& file) {
    std::ifstream stream;
    regions_.insert(file.stem);
    if (!Open(file, &stream)) return;
    std::shared_ptr<const engine::CarbonSeries> series =
        ReadCarbonSeries(&stream, file.name, file.stem, limits_.max_rows, &faults_);
    if (series != nullptr) content_.carbon.push_back(std::move(series));
  }

  // Reads {"LIST": [...]} and gives each entry to `add`.
  template <typename Add>
  void LoadList(const CatalogFile& file, absl::string_view list, Add add) {
    std::ifstream stream;
    const absl::optional<size_t> size = Open(file, &stream);
    if (!size) return;
    std::string text(*size, '\0');
    stream.read(&text[0], static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(stream.gcount()));
    JsonError error;
    const absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text, limits_.json, &error);
    if (!document.ok()) {
      faults_.Add({file.name, error.line}, absl::StrCat("column ", error.column), error.what);
      return;
    }
    ObjectReader reader(document->root(), file.name, &faults_);
    const JsonNode* entries = reader.Required(list, Kind::kArray, "an array in [ ]");
    reader.RefuseOthers();
    if (entries == nullptr) return;
    for (const JsonNode* entry : entries->elements()) {
      if (faults_.full()) return;
      add(*entry, file.name);
    }
  }

  void AddElement(const JsonNode& node, absl::string_view file) {
    std::shared_ptr<const engine::TariffElement> element = ReadElement(node, file, markets_, &faults_);
    // Known by its id also where it is faulty, so that references to it are not
    // complained of as well.
    const JsonNode* id = node.Find("id");
    if (id == nullptr || id->kind() != Kind::kString) return;
    const FilePosition where{std::string(file), id->line()};
    auto [known, is_new] = elements_.try_emplace(std::string(id->text()), KnownElement{element, where});
    if (!is_new) {
      AddFault(*id, file,
               absl::StrCat("is ", Quoted(id->text()), ", which is used already at ", known->second.where.file, ":",
                            known->second.where.line, "; ids are unique over all files"),
               &faults_);
    } else if (element != nullptr) {
      content_.elements.push_back(std::move(element));
    }
  }

  void AddLocation(const JsonNode& node, absl::string_view file) {
    ObjectReader reader(node, file, &faults_);
    LocationSpec location;
    ReadLocationId(&reader, file, node, &location);
    ReadZone(&reader, &location);
    ReadCurrency(&reader, &location);
    ReadRegion(&reader, &location);
    ReadElements(&reader, file, &location);
    reader.OptionalString("reference_id", "your own id of the location");
    reader.OptionalString("display_name", "a text for people");
    reader.RefuseOthers();
    content_.locations.push_back(std::move(location));
  }

  void ReadLocationId(ObjectReader* reader, absl::string_view file, const JsonNode& node, LocationSpec* location) {
    const absl::optional<absl::string_view> id = reader->RequiredString("id", kLocationIdWanted);
    if (!id) return;
    location->id = std::string(*id);
    if (!IsLocationId(*id)) {
      reader->Fault("id", absl::StrCat("is ", Quoted(*id), "; write ", kLocationIdWanted));
      return;
    }
    auto [known, is_new] = location_lines_.try_emplace(location->id, node.Find("id")->line());
    if (!is_new) {
      reader->Fault("id", absl::StrCat("is ", Quoted(*id), ", which is used already at ", file, ":", known->second,
                                       "; give each location its own id"));
    }
  }

  void ReadZone(ObjectReader* reader, LocationSpec* location) {
    const absl::optional<absl::string_view> name = reader->RequiredString("timezone", kZoneWanted);
    if (!name) return;
    location->timezone = std::string(*name);
    auto known = zones_.find(location->timezone);
    const bool good = known != zones_.end() ? known->second : (zones_[location->timezone] = IsZone(location->timezone));
    if (!good) reader->Fault("timezone", absl::StrCat("is ", Quoted(*name), "; write ", kZoneWanted));
  }

  // absl also takes paths, "localtime" and fixed offsets; a location is a place.
  static bool IsZone(const std::string& name) {
    absl::TimeZone zone;
    const bool is_name = !name.empty() && absl::ascii_isalpha(static_cast<unsigned char>(name[0])) &&
                         !absl::StrContains(name, "..") && !absl::StrContains(name, ':') && name != "localtime";
    return is_name && absl::LoadTimeZone(name, &zone);
  }

  void ReadCurrency(ObjectReader* reader, LocationSpec* location) {
    constexpr absl::string_view kWanted = "an ISO 4217 code in capitals, such as GBP";
    const absl::optional<absl::string_view> currency = reader->RequiredString("currency_code", kWanted);
    if (!currency) return;
    if (!IsCurrencyCode(*currency)) {
      reader->Fault("currency_code", absl::StrCat("is ", Quoted(*currency), "; write ", kWanted));
      return;
    }
    location->currency_code = std::string(*currency);
  }

  void ReadRegion(ObjectReader* reader, LocationSpec* location) {
    constexpr absl::string_view kWanted = "the name of a file in carbon/, without .csv";
    const absl::optional<absl::string_view> region = reader->OptionalString("carbon_region", kWanted);
    if (!region) return;
    location->carbon_region = std::string(*region);
    if (!regions_.contains(*region)) {
      reader->Fault("carbon_region", absl::StrCat("is ", Quoted(*region), ", but there is no such file in carbon/; ",
                                                  "write ", kWanted));
    }
  }

  void ReadElements(ObjectReader* reader, absl::string_view file, LocationSpec* location) {
    const JsonNode* list = reader->Required("tariff_elements", Kind::kArray, "an array of elements' ids");
    if (list == nullptr) return;
    absl::flat_hash_set<absl::string_view> named;
    for (const JsonNode* entry : list->elements()) {
      if (entry->kind() != Kind::kString) {
        AddFault(*entry, file, absl::StrCat("is ", KindName(entry->kind()), "; write an element's id"), &faults_);
        continue;
      }
      const absl::string_view id = entry->text();
      auto known = elements_.find(id);
      if (known == elements_.end()) {
        AddFault(*entry, file,
                 absl::StrCat("is ", Quoted(id), ", but no element has that id; mend the id, or add ",
                              "the element to elements.json"),
                 &faults_);
      } else if (!named.insert(id).second) {
        AddFault(*entry, file, absl::StrCat("is ", Quoted(id), ", which is in this list already; keep one"), &faults_);
      } else if (known->second.element != nullptr && !location->currency_code.empty() &&
                 known->second.element->currency_code != location->currency_code) {
        AddFault(*entry, file,
                 absl::StrCat("is ", Quoted(id), ", which is in ", known->second.element->currency_code,
                              ", but the location is in ", location->currency_code),
                 &faults_);
      }
      location->tariff_elements.emplace_back(id);
    }
  }

  const LoadLimits limits_;
  FaultLog faults_;
  CatalogContent content_;
  MarketSeriesById markets_;
  absl::flat_hash_set<std::string> regions_;
  absl::flat_hash_map<std::string, KnownElement> elements_;
  absl::flat_hash_map<std::string, int> location_lines_;
  absl::flat_hash_map<std::string, bool> zones_;  // whether it is one
};

}  // namespace

absl::StatusOr<CatalogContent> LoadCatalogContent(absl::string_view directory, const LoadLimits& limits) {
  return Loader(limits).Load(directory);
}

absl::StatusOr<std::shared_ptr<const Snapshot>> LoadCatalog(absl::string_view directory, uint64_t version,
                                                            const LoadLimits& limits) {
  Loader loader(limits);
  const absl::StatusOr<CatalogContent> content = loader.Load(directory);
  if (!content.ok()) return content.status();
  absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = Snapshot::Create(version, *content);
  if (!snapshot.ok()) return loader.ExplainSnapshot(*content, snapshot.status());
  return snapshot;
}

}  // namespace costs::catalog
