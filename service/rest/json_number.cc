#include "service/rest/json_number.h"

#include <algorithm>
#include <charconv>
#include <cmath>

namespace costs::rest {

std::string DecimalText(engine::Int128 units, int digits) {
  const bool negative = units < 0;
  // Negated as unsigned, so that the smallest number has a magnitude too.
  unsigned __int128 magnitude = static_cast<unsigned __int128>(units);
  if (negative) magnitude = -magnitude;

  std::string reversed;
  bool significant = false;  // a digit after the point that is not a trailing zero was seen
  for (int i = 0; i < digits; ++i, magnitude /= 10) {
    const char digit = static_cast<char>('0' + static_cast<int>(magnitude % 10));
    significant = significant || digit != '0';
    if (significant) reversed.push_back(digit);
  }
  if (significant) reversed.push_back('.');
  do {
    reversed.push_back(static_cast<char>('0' + static_cast<int>(magnitude % 10)));
    magnitude /= 10;
  } while (magnitude != 0);
  if (negative) reversed.push_back('-');
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

std::string ShortestText(double value) {
  if (value == 0) return "0";
  const double magnitude = std::fabs(value);
  char text[64];
  const bool plain = magnitude >= 1e-6 && magnitude < 1e15;
  const std::to_chars_result end = plain ? std::to_chars(text, text + sizeof text, value, std::chars_format::fixed)
                                         : std::to_chars(text, text + sizeof text, value);
  return std::string(text, end.ptr);
}

}  // namespace costs::rest
