// Collects what is wrong with settings, each fault naming the flag, its limit and the
// remedy.
#ifndef SERVICE_SERVER_SETTING_CHECK_H_
#define SERVICE_SERVER_SETTING_CHECK_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace costs::server {

class SettingCheck {
 public:
  // Whether it is one.
  bool Address(absl::string_view flag, absl::string_view value) {
    const size_t colon = value.rfind(':');
    int port = -1;
    if (colon == absl::string_view::npos || colon == 0 || !absl::SimpleAtoi(value.substr(colon + 1), &port) ||
        port < 0 || port > 65535) {
      Fault(flag, absl::StrCat("is '", value, "'; it must be host:port with a port of 0 to 65535, as 127.0.0.1:50051"));
      return false;
    }
    return true;
  }

  void Range(absl::string_view flag, uint64_t value, uint64_t least, uint64_t most) {
    if (value < least || value > most) {
      Fault(flag, absl::StrCat("is ", value, "; it must be between ", least, " and ", most));
    }
  }

  void Range(absl::string_view flag, absl::Duration value, absl::Duration most) {
    if (value < absl::ZeroDuration() || value > most) {
      Fault(flag, absl::StrCat("is ", absl::FormatDuration(value), "; it must be between 0 and ",
                               absl::FormatDuration(most)));
    }
  }

  void Range(absl::string_view flag, absl::Duration value, absl::Duration least, absl::Duration most) {
    if (value < least || value > most) {
      Fault(flag, absl::StrCat("is ", absl::FormatDuration(value), "; it must be between ", absl::FormatDuration(least),
                               " and ", absl::FormatDuration(most)));
    }
  }

  void Fault(absl::string_view flag, absl::string_view what) { faults_.push_back(absl::StrCat("--", flag, " ", what)); }

  std::vector<std::string> faults() && { return std::move(faults_); }

 private:
  std::vector<std::string> faults_;
};

}  // namespace costs::server

#endif  // SERVICE_SERVER_SETTING_CHECK_H_
