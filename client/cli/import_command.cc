#include "client/cli/import_command.h"

#include <csignal>
#include <iostream>

#include "absl/strings/str_cat.h"
#include "client/cli/import_series_command.h"
#include "client/cli/import_tariff_command.h"

namespace costs::cli {

const char kImportHelp[] =
    "usage: costs import prices --format=nord-pool|entsoe|octopus|csv --series=ID [flags] FILE...\n"
    "       costs import intensities --format=neso|csv --region=NAME [flags] FILE...\n"
    "       costs import tariff --format=urdb|ratebook|flatpeak [flags] FILE\n"
    "\n"
    "Reads other people's files and sends what they hold to the server; FILE - is standard input. What is odd about\n"
    "them is told line by line; what cannot be taken exactly is refused, and then nothing is sent. docs/imports.md\n"
    "lists what each format may hold.\n"
    "\n"
    "  --dry_run            only check, and tell what would be sent\n"
    "  --write_csv=FILE     write a file for a catalog directory (market/ID.csv, carbon/NAME.csv) and send nothing\n"
    "  --minutes=NUMBER     how long an entry is: nord-pool and entsoe then leave others out; csv has no end column\n"
    "  --round              round what has more than 9 digits after the point; otherwise it is refused\n"
    "  --server=HOST:PORT   where the service is; default: $COSTS_SERVER, else 127.0.0.1:50051\n"
    "  --deadline=DURATION  how long the upload may take; default: 10m\n"
    "\n"
    "tariff:\n"
    "  --id=ID              of the element, and the beginning of the others' ids; default: the file's name\n"
    "  --location=ID        the location that the elements belong to; default: none\n"
    "  --time_zone=NAME     whose midnights the file's dates are, an IANA name; default: UTC\n"
    "  --currency=CODE      the currency, where the file does not name it\n"
    "  --leave_out=REASONS  charges to leave out, such as FIXED_CHARGE,MINIMUM_CHARGE; each is told\n"
    "  --existing           pass over ids that are there already; otherwise they are an error\n"
    "  --item=NUMBER        urdb: which of several records, from 0\n"
    "  --direction=, --type=, --series=ID  flatpeak: what the file does not say (IMPORT, COMMODITY, the market "
    "series)\n"
    "\n"
    "prices:\n"
    "  --area=CODE          nord-pool: the delivery area, such as SE3; entsoe: the area's EIC code, where there are\n"
    "                       several\n"
    "  --currency=CODE      the currency, where the file does not name it\n"
    "  --sequence=NUMBER    entsoe: the auction, where there are several\n"
    "  --vat=               octopus: included or excluded\n"
    "  --until=TIME         octopus: the end of a rate that is valid until further notice\n"
    "  --payment_method=    octopus: DIRECT_DEBIT or NON_DIRECT_DEBIT, where there are both\n"
    "  --price_unit=        csv: per-kwh, per-mwh, cents-per-kwh or cents-per-mwh (cents: a hundredth, also pence)\n"
    "  --price_column=NAME  csv\n"
    "  --currency_column=   csv: in place of --currency\n"
    "\n"
    "intensities:\n"
    "  --forecast_column=NAME, --actual_column=NAME  csv: one of them, or both\n"
    "\n"
    "csv:\n"
    "  --start_column=NAME, --end_column=NAME  the columns with the times, RFC 3339\n"
    "  --time_zone=NAME     whose clock shows times without offset; IANA name, such as Europe/Vienna\n";

ExitCode ImportCommand(absl::Span<const std::string> arguments) {
  // A pipe that nobody reads any more is to be an error of write().
  signal(SIGPIPE, SIG_IGN);
  const std::string what = arguments.empty() ? "" : arguments[0];
  if (what == "prices") return ImportPricesCommand(arguments.subspan(1));
  if (what == "intensities") return ImportIntensitiesCommand(arguments.subspan(1));
  if (what == "tariff") return ImportTariffCommand(arguments.subspan(1));
  std::cerr << "costs import: say what to import: prices, intensities or tariff\n(costs help import lists the flags)\n";
  return kUsage;
}

}  // namespace costs::cli
