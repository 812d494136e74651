#include "service/server/upstream_config.h"

#include <unistd.h>

#include <algorithm>

#include "absl/flags/flag.h"
#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "service/auth/secrets.h"

ABSL_FLAG(std::string, mode, "compute",
          "Where costs come from. compute: this server; proxy: another costs API (--upstream_url); fallback: that one, "
          "and this server where it fails; shadow: this server, which also asks the other and counts the differences.");
ABSL_FLAG(std::string, modes_file, "",
          "JSON file of accounts and locations that have another mode than --mode, a list of {account_id, location_id, "
          "mode} with at least one of the two; read again when it changes, and on SIGHUP.");
ABSL_FLAG(std::string, upstream_url, "", "The other costs API, https://HOST[:PORT][/PATH]; http:// only on loopback.");
ABSL_FLAG(std::string, upstream_release, "zero", "The release of the contract that it speaks: zero or anode.");
ABSL_FLAG(std::string, upstream_ca, "",
          "PEM file of the CAs that its certificate is verified against, and no others; empty: the system's.");
ABSL_FLAG(std::string, upstream_client_certificate, "", "PEM file of the certificate that it is shown; empty: none.");
ABSL_FLAG(std::string, upstream_client_key, "", "PEM file of the key of --upstream_client_certificate.");
ABSL_FLAG(std::string, upstream_account_id, "", "This server's account there, which --upstream_api_key_file is of.");
ABSL_FLAG(std::string, upstream_api_key_file, "",
          "File of the API key, sk_live_… or sk_test_…, that this server logs in with there; read for each login.");
ABSL_FLAG(bool, upstream_pass_authorization, false,
          "Passes each caller's own authorization on, in the place of a login of this server's.");
ABSL_FLAG(std::string, upstream_proxy, "", "HTTP proxy on the way there, http://HOST:PORT; empty: none.");
ABSL_FLAG(uint32_t, upstream_connections, 64, "Most open connections to it, 1 to 1024.");
ABSL_FLAG(uint32_t, upstream_calls, 256, "Most calls of it under way, 1 to 10000; more wait their turn.");
ABSL_FLAG(uint32_t, shadow_calls, 64,
          "In shadow mode, most records that are being asked for on the side, 1 to 10000; others are left out.");
ABSL_FLAG(std::string, shadow_file, "",
          "In shadow mode, the file that the last 1,000 records are written to that the upstream answers differently, "
          "a JSON object a line, every few seconds; its directory must exist. Empty: none.");
ABSL_FLAG(absl::Duration, upstream_timeout, absl::Seconds(10),
          "How long a call of it may take where its caller would wait longer, 10ms to 5m.");
ABSL_FLAG(absl::Duration, upstream_connect_timeout, absl::Seconds(3),
          "How long connecting to it may take, 10ms to 1m.");

namespace costs::server {
namespace {

constexpr char kLiveKey[] = "sk_live_";
constexpr char kTestKey[] = "sk_test_";

void CheckFile(absl::string_view flag, const std::string& path, SettingCheck* check) {
  if (!path.empty() && access(path.c_str(), R_OK) != 0) {
    check->Fault(flag, absl::StrCat("names '", path, "', which cannot be read"));
  }
}

absl::string_view HostOf(absl::string_view url) {
  absl::string_view host = url.substr(url.find("://") + 3);
  host = host.substr(0, host.find('/'));
  if (absl::StartsWith(host, "[")) return host.substr(0, host.find(']') + 1);
  return host.substr(0, host.rfind(':'));
}

void CheckUrl(const std::string& url, SettingCheck* check) {
  if (url.empty()) {
    return check->Fault("upstream_url", "is missing; --mode or --modes_file ask the upstream: name it");
  }
  if (absl::StrContains(url, "@") || absl::StrContains(url, "?") || absl::StrContains(url, "#")) {
    // Which may hold a secret.
    return check->Fault("upstream_url", "must be https://HOST[:PORT][/PATH], without user, query and fragment");
  }
  const bool plain = absl::StartsWith(url, "http://");
  if (!plain && !absl::StartsWith(url, "https://")) {
    return check->Fault("upstream_url", absl::StrCat("is '", url, "'; it must be https://HOST[:PORT][/PATH]"));
  }
  const absl::string_view host = HostOf(url);
  const bool loopback = host == "localhost" || host == "[::1]" || absl::StartsWith(host, "127.");
  if (plain && !loopback) {
    check->Fault("upstream_url", absl::StrCat("is '", url, "', plain text beyond loopback; use https://"));
  }
}

void CheckCredentials(const UpstreamConfig& config, SettingCheck* check) {
  const bool key = !config.api_key_file.empty();
  if (config.client_certificate.empty() != config.client_key.empty()) {
    check->Fault("upstream_client_key", "and --upstream_client_certificate need each other; give both or none");
  }
  if (key && config.pass_authorization) {
    check->Fault(
        "upstream_pass_authorization",
        "and --upstream_api_key_file exclude each other: calls go out with the caller's token or this server's");
  }
  if (!key && !config.pass_authorization && config.client_certificate.empty()) {
    check->Fault("upstream_api_key_file",
                 "is missing; give it, or --upstream_pass_authorization, or --upstream_client_certificate");
  }
  if (key && config.account_id.empty()) {
    check->Fault("upstream_account_id", "is missing; name the account that --upstream_api_key_file is of");
  }
  if (!key) return;
  const absl::StatusOr<std::string> read = ReadApiKey(config.api_key_file);
  if (!read.ok()) check->Fault("upstream_api_key_file", read.status().message());
}

}  // namespace

UpstreamConfig UpstreamFromFlags() {
  UpstreamConfig config;
  config.mode = absl::GetFlag(FLAGS_mode);
  config.modes_file = absl::GetFlag(FLAGS_modes_file);
  config.url = absl::GetFlag(FLAGS_upstream_url);
  config.release = absl::GetFlag(FLAGS_upstream_release);
  config.ca = absl::GetFlag(FLAGS_upstream_ca);
  config.client_certificate = absl::GetFlag(FLAGS_upstream_client_certificate);
  config.client_key = absl::GetFlag(FLAGS_upstream_client_key);
  config.account_id = absl::GetFlag(FLAGS_upstream_account_id);
  config.api_key_file = absl::GetFlag(FLAGS_upstream_api_key_file);
  config.pass_authorization = absl::GetFlag(FLAGS_upstream_pass_authorization);
  config.proxy = absl::GetFlag(FLAGS_upstream_proxy);
  config.connections = absl::GetFlag(FLAGS_upstream_connections);
  config.calls = absl::GetFlag(FLAGS_upstream_calls);
  config.shadow_calls = absl::GetFlag(FLAGS_shadow_calls);
  config.shadow_file = absl::GetFlag(FLAGS_shadow_file);
  config.timeout = absl::GetFlag(FLAGS_upstream_timeout);
  config.connect_timeout = absl::GetFlag(FLAGS_upstream_connect_timeout);
  return config;
}

void CheckUpstream(const UpstreamConfig& config, SettingCheck* check) {
  if (config.mode != "compute" && config.mode != "proxy" && config.mode != "fallback" && config.mode != "shadow") {
    check->Fault("mode", absl::StrCat("is '", config.mode, "'; it must be compute, proxy, fallback or shadow"));
  }
  if (config.release != "zero" && config.release != "anode") {
    check->Fault("upstream_release", absl::StrCat("is '", config.release, "'; it must be zero or anode"));
  }
  check->Range("upstream_connections", config.connections, 1, 1024);
  check->Range("upstream_calls", config.calls, 1, 10000);
  check->Range("shadow_calls", config.shadow_calls, 1, 10000);
  check->Range("upstream_timeout", config.timeout, absl::Milliseconds(10), absl::Minutes(5));
  check->Range("upstream_connect_timeout", config.connect_timeout, absl::Milliseconds(10), absl::Minutes(1));
  if (!config.used()) return;
  CheckUrl(config.url, check);
  CheckFile("upstream_ca", config.ca, check);
  CheckFile("upstream_client_certificate", config.client_certificate, check);
  CheckFile("upstream_client_key", config.client_key, check);
  CheckFile("modes_file", config.modes_file, check);
  CheckCredentials(config, check);
}

absl::StatusOr<std::string> ReadApiKey(const std::string& path) {
  const absl::StatusOr<std::string> read = auth::ReadSmallFile(path);
  if (!read.ok()) return absl::NotFoundError(absl::StrCat("names '", path, "', which cannot be read"));
  const std::string key(absl::StripAsciiWhitespace(*read));
  const bool visible = std::all_of(key.begin(), key.end(), [](unsigned char c) { return c > ' ' && c < 0x7f; });
  if (!visible || !(absl::StartsWith(key, kLiveKey) || absl::StartsWith(key, kTestKey))) {
    return absl::InvalidArgumentError(
        absl::StrCat("names '", path, "', which is no API key; it must be one line, sk_live_… or sk_test_…"));
  }
  return key;
}

}  // namespace costs::server
