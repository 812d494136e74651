#include "client/cli/profiles.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <system_error>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/flags/commandlineflag.h"
#include "absl/flags/reflection.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/cli/text_table.h"

namespace costs::cli {
namespace {

// Of the connection; those of files are kept with their whole paths.
constexpr absl::string_view kKeys[] = {"server",          "tls",     "tls_ca",       "tls_cert",  "tls_key",
                                       "allow_plaintext", "account", "api_key_file", "token_file"};
constexpr absl::string_view kFileKeys[] = {"tls_ca", "tls_cert", "tls_key", "api_key_file", "token_file"};
constexpr const char* kVariables[] = {"COSTS_SERVER", "COSTS_TOKEN", "COSTS_ACCOUNT_ID", "COSTS_API_KEY"};
constexpr char kDefault[] = "default";

std::string FromEnvironment(const char* variable) {
  const char* const value = std::getenv(variable);
  return value == nullptr ? "" : value;
}

bool IsName(absl::string_view name) {
  return !name.empty() && name.size() <= 64 && absl::c_all_of(name, [](unsigned char c) {
    return absl::ascii_isalnum(c) || c == '-' || c == '_' || c == '.';
  });
}

bool IsFlag(absl::string_view argument, absl::string_view name) {
  return absl::StartsWith(argument, absl::StrCat("--", name, "=")) || argument == absl::StrCat("--", name) ||
         absl::StartsWith(argument, absl::StrCat("-", name, "=")) || argument == absl::StrCat("-", name);
}

// The flag's value, taken out; none where it is not there.
absl::StatusOr<std::string> TakeProfileFlag(std::vector<std::string>* arguments) {
  for (auto it = arguments->begin(); it != arguments->end() && *it != "--"; ++it) {
    if (!IsFlag(*it, "profile")) continue;
    std::string name;
    const size_t equals = it->find('=');
    if (equals != std::string::npos) {
      name = it->substr(equals + 1);
      arguments->erase(it);
    } else if (it + 1 != arguments->end()) {
      name = *(it + 1);
      arguments->erase(it, it + 2);
    }
    if (name.empty()) return absl::InvalidArgumentError("--profile lacks its value");
    return name;
  }
  return "";
}

absl::Status SetFlags(const std::string& name, const Profile& profile) {
  for (const auto& [key, value] : profile) {
    absl::CommandLineFlag* const flag = absl::FindCommandLineFlag(key);
    std::string error;
    if (flag == nullptr || !flag->ParseFrom(value, &error)) {
      return absl::InvalidArgumentError(absl::StrCat("the profile ", name, ": ", key, ": \"", value, "\" is not ",
                                                     flag == nullptr ? "a flag" : flag->Help()));
    }
  }
  return absl::OkStatus();
}

}  // namespace

const char kProfilesHelp[] =
    "usage: costs profiles\n"
    "       costs profiles remove NAME\n"
    "\n"
    "Lists or removes named ways to a server. `costs login --save=NAME ...` makes one of its flags; --profile=NAME of "
    "any\n"
    "command, or $COSTS_PROFILE, uses it. The one that is called default is used where nothing else says where the\n"
    "server is. They are kept in $COSTS_CONFIG, else costs/config in $XDG_CONFIG_HOME or ~/.config, without secrets.\n";

std::string ProfilesPath() {
  if (std::string path = FromEnvironment("COSTS_CONFIG"); !path.empty()) return path;
  if (const std::string home = FromEnvironment("XDG_CONFIG_HOME"); !home.empty()) return home + "/costs/config";
  if (const std::string home = FromEnvironment("HOME"); !home.empty()) return home + "/.config/costs/config";
  return "";
}

absl::StatusOr<Profiles> ReadProfiles(const std::string& path) {
  Profiles profiles;
  std::error_code ignored;
  if (path.empty() || !std::filesystem::exists(path, ignored)) return profiles;
  std::ifstream file(path);
  if (!file.is_open()) return absl::NotFoundError(absl::StrCat(path, " cannot be read: ", strerror(errno)));
  std::string text;
  Profile* profile = nullptr;
  for (int number = 1; std::getline(file, text); ++number) {
    const absl::string_view line = absl::StripAsciiWhitespace(text);
    const auto fail = [&](absl::string_view what) {
      return absl::InvalidArgumentError(absl::StrCat(path, ", line ", number, ": ", what));
    };
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      const std::string name(line.substr(1, line.size() - 2));
      if (!IsName(name)) return fail("a profile's name has letters, digits, - _ and . only, at most 64");
      profile = &profiles[name];
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == absl::string_view::npos) return fail("neither [NAME] nor KEY = VALUE");
    const std::string key(absl::StripAsciiWhitespace(line.substr(0, equals)));
    if (!absl::c_linear_search(kKeys, key)) {
      return fail(absl::StrCat("there is no key ", key, "; there are ", absl::StrJoin(kKeys, ", ")));
    }
    if (profile == nullptr) return fail("stands before the first [NAME]");
    (*profile)[key] = std::string(absl::StripAsciiWhitespace(line.substr(equals + 1)));
  }
  if (file.bad()) return absl::NotFoundError(absl::StrCat(path, " cannot be read"));
  return profiles;
}

absl::Status WriteProfiles(const std::string& path, const Profiles& profiles) {
  const auto fail = [&path] {
    return absl::NotFoundError(absl::StrCat(path, " cannot be written: ", strerror(errno)));
  };
  std::string text;
  for (const auto& [name, profile] : profiles) {
    absl::StrAppend(&text, text.empty() ? "" : "\n", "[", name, "]\n");
    for (const auto& [key, value] : profile) absl::StrAppend(&text, key, " = ", value, "\n");
  }
  std::error_code error;
  const std::filesystem::path directory = std::filesystem::path(path).parent_path();
  if (!directory.empty()) std::filesystem::create_directories(directory, error);
  const std::string part = path + ".part";
  const int file = open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (file < 0) return fail();
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  if (close(file) != 0 || !written || std::rename(part.c_str(), path.c_str()) != 0) return fail();
  return absl::OkStatus();
}

absl::Status UseProfile(std::vector<std::string>* arguments) {
  absl::StatusOr<std::string> name = TakeProfileFlag(arguments);
  if (!name.ok()) return name.status();
  if (name->empty()) *name = FromEnvironment("COSTS_PROFILE");
  const bool asked = !name->empty();
  if (!asked) {
    const bool told =
        absl::c_any_of(kVariables, [](const char* variable) { return !FromEnvironment(variable).empty(); }) ||
        absl::c_any_of(*arguments, [](const std::string& argument) { return IsFlag(argument, "server"); });
    // Its credentials are for its own server.
    if (told) return absl::OkStatus();
    *name = kDefault;
  }
  const absl::StatusOr<Profiles> profiles = ReadProfiles(ProfilesPath());
  if (!profiles.ok()) return profiles.status();
  const auto found = profiles->find(*name);
  if (found == profiles->end()) {
    if (!asked) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("there is no profile ", *name, " in ", ProfilesPath(),
                                                   "; `costs login --save=", *name, " ...` makes it"));
  }
  if (asked) {
    for (const char* const variable : kVariables) unsetenv(variable);
  }
  return SetFlags(*name, found->second);
}

absl::Status SaveProfile(const std::string& name) {
  if (!IsName(name)) {
    return absl::InvalidArgumentError("--save: a profile's name has letters, digits, - _ and . only, at most 64");
  }
  const std::string path = ProfilesPath();
  if (path.empty())
    return absl::InvalidArgumentError("there is no place for profiles; set COSTS_CONFIG to a file's path");
  absl::StatusOr<Profiles> profiles = ReadProfiles(path);
  if (!profiles.ok()) return profiles.status();
  Profile profile;
  for (const absl::string_view key : kKeys) {
    const absl::CommandLineFlag* const flag = absl::FindCommandLineFlag(key);
    std::string value = flag == nullptr ? "" : flag->CurrentValue();
    if (value.empty() || value == "false") continue;
    if (absl::c_linear_search(kFileKeys, key)) value = std::filesystem::absolute(value).string();
    profile[std::string(key)] = std::move(value);
  }
  (*profiles)[name] = std::move(profile);
  return WriteProfiles(path, *profiles);
}

ExitCode ProfilesCommand(absl::Span<const std::string> arguments) {
  const auto fail = [](const absl::Status& status) {
    std::cerr << "costs profiles: " << status.message() << "\n";
    return absl::IsInvalidArgument(status) ? kUsage : kFileError;
  };
  absl::StatusOr<Profiles> profiles = ReadProfiles(ProfilesPath());
  if (!profiles.ok()) return fail(profiles.status());
  if (arguments.size() == 2 && arguments[0] == "remove") {
    if (profiles->erase(arguments[1]) == 0) {
      return fail(absl::InvalidArgumentError(absl::StrCat("there is no profile ", arguments[1])));
    }
    const absl::Status written = WriteProfiles(ProfilesPath(), *profiles);
    return written.ok() ? kOk : fail(written);
  }
  if (!arguments.empty()) return fail(absl::InvalidArgumentError("say nothing, or remove NAME"));
  Rows rows = {{"profile", "server", "account", "tls"}};
  for (const auto& [name, profile] : *profiles) {
    const auto value = [&keys = profile](const char* key) {
      const auto found = keys.find(key);
      return found == keys.end() ? std::string() : found->second;
    };
    const bool tls = value("tls") == "true" || !value("tls_ca").empty() || !value("tls_cert").empty();
    rows.push_back({name, value("server"), value("account"), tls ? "yes" : "no"});
  }
  std::cout << TableText(rows);
  std::cout.flush();
  return std::cout.good() ? kOk : kFileError;
}

}  // namespace costs::cli
