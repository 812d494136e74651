// Rows of text, as a table for people or as CSV. The first row is the header.
//
// Pure and thread-safe.
#ifndef CLIENT_CLI_TEXT_TABLE_H_
#define CLIENT_CLI_TEXT_TABLE_H_

#include <string>
#include <vector>

namespace costs::cli {

using Rows = std::vector<std::vector<std::string>>;

// Columns as wide as their widest cell; "-" where a cell is empty.
std::string TableText(Rows rows);
std::string CsvText(const Rows& rows);

}  // namespace costs::cli

#endif  // CLIENT_CLI_TEXT_TABLE_H_
