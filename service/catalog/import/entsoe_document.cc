#include "service/catalog/import/entsoe_document.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/catalog/fault_log.h"
#include "service/catalog/import/series_rows.h"
#include "service/xml/xml_stream.h"

namespace costs::catalog {
namespace {

constexpr char kPrices[] = "Publication_MarketDocument";
constexpr char kAcknowledgement[] = "Acknowledgement_MarketDocument";
// A year of days in several auctions and resolutions is a few thousand.
constexpr size_t kMostParts = 100'000;

// Fills the document, element by element. Which element is meant is its path
// below the root, such as "TimeSeries/Period/resolution".
class DocumentHandler : public xml::XmlHandler {
 public:
  explicit DocumentHandler(int file) : file_(file) {}

  void Start(absl::string_view name, const Position& position) override {
    const Place place{file_, position.line, position.column};
    if (root_.empty()) {
      root_ = std::string(name);
      if (root_ != kPrices && root_ != kAcknowledgement) {
        Stop(place, absl::StrCat("is ", Quoted(name), "; a ", kPrices, " is expected"));
      }
      return;
    }
    lengths_.push_back(path_.size());
    absl::StrAppend(&path_, path_.empty() ? "" : "/", name);
    if (path_ == "TimeSeries") {
      document_.series.emplace_back().place = place;
      CountPart(place);
    } else if (path_ == "TimeSeries/Period") {
      document_.series.back().periods.emplace_back().place = place;
      CountPart(place);
    } else if (path_ == "TimeSeries/Period/Point") {
      if (++points_ > kMostRows) {
        Stop(place, absl::StrCat("is past the limit of ", kMostRows, " points in a document"));
        return;
      }
      document_.series.back().periods.back().points.emplace_back().place = place;
    }
  }

  void End(absl::string_view /*name*/, absl::string_view text) override {
    if (lengths_.empty()) return;  // the root
    if (std::string* field = FieldOf(path_)) *field = std::string(text);
    path_.resize(lengths_.back());
    lengths_.pop_back();
  }

  bool stopped() const override { return !fault_.empty(); }

  bool is_acknowledgement() const { return root_ == kAcknowledgement; }
  const std::string& reason() const { return reason_; }
  const Place& fault_place() const { return fault_place_; }
  const std::string& fault() const { return fault_; }
  EntsoeDocument TakeDocument() { return std::move(document_); }

 private:
  void CountPart(const Place& place) {
    if (++parts_ > kMostParts) {
      Stop(place, absl::StrCat("is past the limit of ", kMostParts, " series and periods in a document"));
    }
  }

  void Stop(const Place& place, std::string what) {
    fault_place_ = place;
    fault_ = std::move(what);
  }

  // Where the text of an element goes; null: nowhere.
  std::string* FieldOf(absl::string_view path) {
    if (path == "type") return &document_.type;
    if (path == "Reason/text") return &reason_;
    if (document_.series.empty() || !absl::ConsumePrefix(&path, "TimeSeries/")) return nullptr;
    EntsoeSeries& series = document_.series.back();
    if (path == "in_Domain.mRID") return &series.area;
    if (path == "contract_MarketAgreement.type") return &series.contract_type;
    if (path == "currency_Unit.name") return &series.currency;
    if (path == "price_Measure_Unit.name") return &series.measure_unit;
    if (path == "classificationSequence_AttributeInstanceComponent.position") return &series.sequence;
    if (path == "curveType") return &series.curve_type;
    if (series.periods.empty() || !absl::ConsumePrefix(&path, "Period/")) return nullptr;
    EntsoePeriod& period = series.periods.back();
    if (path == "timeInterval/start") return &period.start;
    if (path == "timeInterval/end") return &period.end;
    if (path == "resolution") return &period.resolution;
    if (period.points.empty() || !absl::ConsumePrefix(&path, "Point/")) return nullptr;
    if (path == "position") return &period.points.back().position;
    if (path == "price.amount") return &period.points.back().price;
    return nullptr;
  }

  const int file_;
  EntsoeDocument document_;
  std::string root_;
  std::string reason_;
  std::string path_;
  std::vector<size_t> lengths_;  // of the path, before each open element below the root
  size_t parts_ = 0;
  size_t points_ = 0;
  Place fault_place_;
  std::string fault_;
};

}  // namespace

absl::StatusOr<EntsoeDocument> ReadEntsoeDocument(int file, const ImportLog& log) {
  DocumentHandler handler(file);
  xml::XmlError error;
  if (!xml::ReadXml(log.sources()[file].text, {}, &handler, &error)) {
    return RefuseImport("MALFORMED_FILE", log.Where({file, error.line, error.column}), std::move(error.what));
  }
  if (handler.stopped()) return RefuseImport("MALFORMED_FILE", log.Where(handler.fault_place()), handler.fault());
  if (handler.is_acknowledgement()) {
    return RefuseImport("NO_DATA", log.Where({file}),
                        absl::StrCat("the platform gave no data, but this reason: ", Quoted(handler.reason())));
  }
  return handler.TakeDocument();
}

}  // namespace costs::catalog
