#include "service/server/difference_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "rapidjson/stringbuffer.h"
#include "rapidjson/writer.h"

namespace costs::server {
namespace {

absl::Status Failed(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, " cannot be written: ", std::strerror(errno)));
}

}  // namespace

std::string DifferenceLines(const std::vector<upstream::ShadowCalculator::Difference>& differences) {
  std::string lines;
  for (const upstream::ShadowCalculator::Difference& difference : differences) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> json(buffer);
    json.StartObject();
    for (const auto& [name, text] : {std::pair<const char*, const std::string&>{"account_id", difference.account_id},
                                     {"location_id", difference.location_id},
                                     {"record_id", difference.record_id},
                                     {"computed", difference.computed},
                                     {"upstream", difference.upstream}}) {
      json.Key(name);
      json.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    }
    json.EndObject();
    absl::StrAppend(&lines, absl::string_view(buffer.GetString(), buffer.GetSize()), "\n");
  }
  return lines;
}

absl::Status WriteDifferences(const std::string& path,
                              const std::vector<upstream::ShadowCalculator::Difference>& differences) {
  const std::string lines = DifferenceLines(differences);
  const std::string part = absl::StrCat(path, ".part");
  const int file = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return Failed(path);
  absl::string_view left = lines;
  while (!left.empty()) {
    const ssize_t count = write(file, left.data(), left.size());
    if (count < 0) {
      const absl::Status failed = Failed(path);
      close(file);
      return failed;
    }
    left.remove_prefix(static_cast<size_t>(count));
  }
  if (close(file) != 0 || std::rename(part.c_str(), path.c_str()) != 0) return Failed(path);
  return absl::OkStatus();
}

}  // namespace costs::server
