#include "service/catalog/catalog_loader.h"

#include <deque>
#include <fstream>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/types/optional.h"
#include "service/catalog/catalog_directory.h"
#include "service/catalog/document_reader.h"
#include "service/catalog/document_rules.h"
#include "service/catalog/documents.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/series_reader.h"

namespace costs::catalog {
namespace {

namespace pb = ::energy::costs::v1;
using Kind = JsonNode::Kind;

// A list of documents of one kind, and where each is written.
template <typename Document>
struct DocumentList {
  absl::string_view name;  // of the list in files and field paths
  FileRules rules;
  std::vector<FieldViolation> (*check)(const Document&);
  std::vector<Document>* documents;
  absl::flat_hash_set<std::string>* faulty;                   // ids of what could not be read; may be null
  std::deque<DocumentReader> readers = {};                    // of each of `documents`
  absl::flat_hash_map<std::string, FilePosition> known = {};  // by id
};

FileRules RulesOf(const FieldRules& fields, std::vector<absl::string_view> required) {
  FileRules rules;
  rules.refused = fields.output_only;
  rules.required = std::move(required);
  return rules;
}

class Loader {
 public:
  explicit Loader(const LoadLimits& limits) : limits_(limits) {
    // A location names its elements, so that one place tells what it pays.
    elements_.rules.refused.push_back("location_id");
    locations_.rules.ignored.push_back("display_name");
  }

  // The snapshot of what the files hold, which is then in documents().
  absl::StatusOr<std::shared_ptr<const Snapshot>> Load(absl::string_view directory, uint64_t version) {
    const CatalogDirectory listing = ListCatalog(directory, &faults_);
    for (const CatalogFile& file : listing.market) LoadMarket(file);
    for (const CatalogFile& file : listing.carbon) LoadCarbon(file);
    for (const CatalogFile& file : listing.calendars) LoadList(file, &calendars_);
    for (const CatalogFile& file : listing.elements) LoadList(file, &elements_);
    for (const CatalogFile& file : listing.locations) LoadList(file, &locations_);
    if (faults_.full()) return faults_.ToStatus();
    Assembly assembly = AssembleCatalog(documents_, faulty_);
    for (const FieldViolation& fault : assembly.faults) Place(fault);
    if (!faults_.empty()) return faults_.ToStatus();
    absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = Snapshot::Create(version, std::move(assembly.content));
    if (!snapshot.ok()) return Explain(snapshot.status());
    return snapshot;
  }

  CatalogDocuments& documents() { return documents_; }

 private:
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
    std::shared_ptr<const engine::MarketSeries> series;
    if (Open(file, &stream)) {
      series = ReadMarketSeries(&stream, file.name, file.stem, limits_.max_rows, &faults_);
    }
    if (series == nullptr) {
      faulty_.market.insert(file.stem);
    } else {
      documents_.market.push_back(std::move(series));
    }
  }

  void LoadCarbon(const CatalogFile& file) {
    std::ifstream stream;
    std::shared_ptr<const engine::CarbonSeries> series;
    if (Open(file, &stream)) {
      series = ReadCarbonSeries(&stream, file.name, file.stem, limits_.max_rows, &faults_);
    }
    if (series == nullptr) {
      faulty_.carbon.insert(file.stem);
    } else {
      documents_.carbon.push_back(std::move(series));
    }
  }

  // The document's nodes stay, so that faults that are found later have a place.
  const JsonNode* Parse(const CatalogFile& file) {
    std::ifstream stream;
    const absl::optional<size_t> size = Open(file, &stream);
    if (!size) return nullptr;
    std::string text(*size, '\0');
    stream.read(&text[0], static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<size_t>(stream.gcount()));
    JsonError error;
    absl::StatusOr<JsonDocument> document = JsonDocument::Parse(text, limits_.json, &error);
    if (!document.ok()) {
      faults_.Add({file.name, error.line}, absl::StrCat("column ", error.column), error.what);
      return nullptr;
    }
    json_.push_back(*std::move(document));
    return &json_.back().root();
  }

  // Reads {"LIST": [...]}.
  template <typename Document>
  void LoadList(const CatalogFile& file, DocumentList<Document>* list) {
    const JsonNode* root = Parse(file);
    if (root == nullptr) return;
    ObjectReader reader(*root, file.name, &faults_);
    const JsonNode* entries = reader.Required(list->name, Kind::kArray, "an array in [ ]");
    reader.RefuseOthers();
    if (entries == nullptr) return;
    for (const JsonNode* entry : entries->elements()) {
      if (faults_.full()) return;
      AddEntry(*entry, file.name, list);
    }
  }

  template <typename Document>
  void AddEntry(const JsonNode& node, const std::string& file, DocumentList<Document>* list) {
    DocumentReader reader(node, file, list->rules, &faults_);
    Document document;
    bool good = reader.Read(&document);
    if (!document.id().empty()) {
      auto [known, is_new] = list->known.try_emplace(document.id(), FilePosition{file, node.Find("id")->line()});
      if (!is_new) {
        reader.AddFault("id", absl::StrCat("is ", Quoted(document.id()), ", which is used already at ",
                                           known->second.file, ":", known->second.line, "; give each its own id"));
        good = false;
      }
    }
    if (good) {
      list->documents->push_back(std::move(document));
      list->readers.push_back(std::move(reader));
      return;
    }
    // What else is wrong with it is of interest too.
    for (const FieldViolation& fault : list->check(document)) reader.AddFault(fault.field, fault.description);
    if (list->faulty != nullptr) list->faulty->insert(document.id());
  }

  // Puts a fault of "elements[3].schedule[0]" where that is written.
  void Place(const FieldViolation& fault) {
    const absl::string_view path = fault.field;
    const size_t open = path.find('['), close = path.find(']');
    size_t index = 0;
    if (open != path.npos && close != path.npos && absl::SimpleAtoi(path.substr(open + 1, close - open - 1), &index)) {
      const absl::string_view field = absl::StripPrefix(path.substr(close + 1), ".");
      if (PlaceIn(&calendars_, path.substr(0, open), index, field, fault.description)) return;
      if (PlaceIn(&elements_, path.substr(0, open), index, field, fault.description)) return;
      if (PlaceIn(&locations_, path.substr(0, open), index, field, fault.description)) return;
    }
    faults_.Add({"", 0}, path, fault.description);
  }

  template <typename Document>
  static bool PlaceIn(DocumentList<Document>* list, absl::string_view name, size_t index, absl::string_view field,
                      absl::string_view what) {
    if (name != list->name || index >= list->readers.size()) return false;
    list->readers[index].AddFault(field, what);
    return true;
  }

  // Why no snapshot can be made of documents that are right in themselves: such as
  // a sum of elements that the engine cannot hold. The message begins with what it
  // is about.
  absl::Status Explain(const absl::Status& status) {
    const absl::string_view message = status.message();
    for (size_t i = 0; i < documents_.locations.size(); ++i) {
      if (absl::StartsWith(message, absl::StrCat("location ", documents_.locations[i].id(), ": "))) {
        locations_.readers[i].AddFault("tariff_elements", message);
        return faults_.ToStatus();
      }
    }
    for (size_t i = 0; i < documents_.elements.size(); ++i) {
      if (absl::StartsWith(message, absl::StrCat("tariff element ", documents_.elements[i].id(), ": "))) {
        elements_.readers[i].AddFault("", message);
        return faults_.ToStatus();
      }
    }
    return absl::Status(status.code(), absl::StrCat("catalog: ", message));
  }

  const LoadLimits limits_;
  FaultLog faults_;
  CatalogDocuments documents_;
  FaultyNames faulty_;
  std::deque<JsonDocument> json_;
  DocumentList<pb::SpecialDayCalendar> calendars_ = {"calendars", RulesOf(CalendarRules(), {"id"}), CheckCalendar,
                                                     &documents_.calendars, &faulty_.calendars};
  DocumentList<pb::TariffElement> elements_ = {"elements",
                                               RulesOf(ElementRules(), {"id", "vat_included", "currency_code"}),
                                               CheckElement, &documents_.elements, &faulty_.elements};
  DocumentList<pb::Location> locations_ = {
      "locations", RulesOf(LocationRules(), {"id", "timezone", "currency_code", "tariff_elements"}), CheckLocation,
      &documents_.locations, nullptr};
};

}  // namespace

absl::StatusOr<CatalogDocuments> LoadCatalogDocuments(absl::string_view directory, const LoadLimits& limits) {
  Loader loader(limits);
  const absl::StatusOr<std::shared_ptr<const Snapshot>> snapshot = loader.Load(directory, 0);
  if (!snapshot.ok()) return snapshot.status();
  return std::move(loader.documents());
}

absl::StatusOr<std::shared_ptr<const Snapshot>> LoadCatalog(absl::string_view directory, uint64_t version,
                                                            const LoadLimits& limits) {
  return Loader(limits).Load(directory, version);
}

}  // namespace costs::catalog
