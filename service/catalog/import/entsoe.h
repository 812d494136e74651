// Day-ahead prices of the ENTSO-E Transparency Platform: the answers of its API
// for documentType A44 (12.1.D), a Publication_MarketDocument in XML.
//
//   <Publication_MarketDocument xmlns="urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3">
//     <type>A44</type>
//     <TimeSeries>
//       <in_Domain.mRID codingScheme="A01">10Y1001A1001A82H</in_Domain.mRID>
//       <contract_MarketAgreement.type>A01</contract_MarketAgreement.type>
//       <currency_Unit.name>EUR</currency_Unit.name>
//       <price_Measure_Unit.name>MWH</price_Measure_Unit.name>
//       <classificationSequence_AttributeInstanceComponent.position>1</...>
//       <curveType>A03</curveType>
//       <Period>
//         <timeInterval><start>2024-10-06T22:00Z</start><end>2024-10-07T22:00Z</end></timeInterval>
//         <resolution>PT60M</resolution>
//         <Point><position>1</position><price.amount>69.59</price.amount></Point>
//         ...
//
// The rules, and their sources ("ENTSO-E Transparency Platform XML schema use"
// 1.0 for curve types and positions; the platform's "Manual of Procedures" and
// its notes on the bidding zones for sequences; IEC 62325-451-3 for the names):
// - Position n of a period starts (n - 1) resolutions after its start. With
//   curve type A01 each position is written; one that is not is a gap. With A03
//   one that is not written repeats the one before it.
// - Contract type A01 is the day-ahead market. A series of another (A07 is
//   intraday) is left out, which is a finding.
// - A zone may have several auctions, numbered by classificationSequence (in
//   DE-LU and AT, 1 is the coupled auction and 2 EXAA's), in any order in the
//   document: `sequence` chooses one.
// - Series of different resolution over the same time: `resolution_minutes`
//   chooses one.
// - Where there is no data, the platform answers with an
//   Acknowledgement_MarketDocument and a reason: NO_DATA.
// - A price is in currency_Unit.name per MWh; here it becomes one per kWh.
//
// Pure functions.
#ifndef SERVICE_CATALOG_IMPORT_ENTSOE_H_
#define SERVICE_CATALOG_IMPORT_ENTSOE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "service/catalog/import/import_log.h"
#include "service/catalog/import/imported.h"

namespace costs::catalog {

struct EntsoeOptions {
  std::string area;           // an EIC code, such as "10Y1001A1001A82H"; needed where the files have several
  std::string currency_code;  // what it has to be; empty: whatever it is
  std::optional<int> sequence;
  std::optional<int> resolution_minutes;
  bool round = false;  // to 9 digits after the point; otherwise more are refused
};

// Any number of documents, of different times, in any order. Refused as
// import_log.h lists.
absl::StatusOr<ImportedPrices> ImportEntsoe(absl::Span<const SourceText> sources, const EntsoeOptions& options);

}  // namespace costs::catalog

#endif  // SERVICE_CATALOG_IMPORT_ENTSOE_H_
