#include "client/cli/admin_command.h"

#include <iostream>
#include <iterator>
#include <optional>
#include <utility>
#include <vector>

#include "absl/flags/flag.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "client/cli/answer_json.h"
#include "client/cli/call_flags.h"
#include "client/cli/channel.h"
#include "client/cli/command_line.h"
#include "client/cli/location_flags.h"
#include "client/cli/rpc_error.h"
#include "energy/costs/v1/accounts_service.grpc.pb.h"
#include "grpcpp/client_context.h"

ABSL_FLAG(std::string, account_id, "", "an id");
ABSL_FLAG(std::string, name, "", "a text");
ABSL_FLAG(std::string, mode, "", "live or test");
ABSL_FLAG(std::optional<absl::Duration>, expires_in, std::nullopt, "a duration such as 24h");

namespace costs::cli {
namespace {

using Stub = v1::AccountsService::Stub;

constexpr int kPage = 100;

// What the calls of a command have in common.
struct Run {
  Stub* stub;
  absl::Time deadline;
  std::string id;  // the argument; empty where the command has none
};

template <typename Request, typename Response>
grpc::Status Call(const Run& run, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  const Request& request, Response* response) {
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(run.deadline));
  return (run.stub->*method)(&context, request, response);
}

// Prints the answer's JSON.
grpc::Status Print(const grpc::Status& status, const google::protobuf::Message& answer) {
  if (!status.ok()) return status;
  if (const absl::StatusOr<std::string> json = AnswerJson(answer); json.ok()) std::cout << *json;
  return status;
}

template <typename Request, typename Response>
grpc::Status CallAndPrint(const Run& run, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                          const Request& request) {
  Response response;
  const grpc::Status status = Call(run, method, request, &response);
  return Print(status, response);
}

// All pages as one.
template <typename Request, typename Response>
grpc::Status ListAndPrint(const Run& run, grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                          Request request) {
  Response all;
  all.set_object("list");
  request.set_page_size(kPage);
  for (;;) {
    Response page;
    const grpc::Status status = Call(run, method, request, &page);
    if (!status.ok()) return status;
    all.mutable_data()->MergeFrom(page.data());
    if (page.next_page_token().empty()) break;
    request.set_page_token(page.next_page_token());
  }
  all.set_has_more(false);
  return Print(grpc::Status::OK, all);
}

grpc::Status CreateAccount(const Run& run) {
  v1::CreateAccountRequest request;
  request.mutable_account()->set_id(absl::GetFlag(FLAGS_account_id));
  request.mutable_account()->set_display_name(absl::GetFlag(FLAGS_name));
  return CallAndPrint<v1::CreateAccountRequest, v1::Account>(run, &Stub::CreateAccount, request);
}

grpc::Status ListAccounts(const Run& run) {
  return ListAndPrint<v1::ListAccountsRequest, v1::ListAccountsResponse>(run, &Stub::ListAccounts, {});
}

grpc::Status SetDisabled(const Run& run, bool disabled) {
  v1::UpdateAccountRequest request;
  request.mutable_account()->set_id(run.id);
  request.mutable_account()->set_disabled(disabled);
  request.mutable_update_mask()->add_paths("disabled");
  return CallAndPrint<v1::UpdateAccountRequest, v1::Account>(run, &Stub::UpdateAccount, request);
}

grpc::Status CreateKey(const Run& run) {
  v1::CreateApiKeyRequest request;
  request.set_account_id(run.id);
  request.set_live_mode(absl::GetFlag(FLAGS_mode) == "live");
  request.set_display_name(absl::GetFlag(FLAGS_name));
  if (const std::optional<absl::Duration> lives = absl::GetFlag(FLAGS_expires_in)) {
    request.mutable_expire_time()->set_seconds(absl::ToUnixSeconds(absl::Now() + *lives));
  }
  return CallAndPrint<v1::CreateApiKeyRequest, v1::CreateApiKeyResponse>(run, &Stub::CreateApiKey, request);
}

grpc::Status ListKeys(const Run& run) {
  v1::ListApiKeysRequest request;
  request.set_account_id(run.id);
  return ListAndPrint<v1::ListApiKeysRequest, v1::ListApiKeysResponse>(run, &Stub::ListApiKeys, request);
}

grpc::Status RevokeKey(const Run& run) {
  v1::RevokeApiKeyRequest request;
  request.set_id(run.id);
  return CallAndPrint<v1::RevokeApiKeyRequest, v1::ApiKey>(run, &Stub::RevokeApiKey, request);
}

struct Action {
  absl::string_view thing;
  absl::string_view verb;
  absl::string_view argument;  // what it wants; empty: nothing
  std::vector<absl::string_view> flags;
  grpc::Status (*run)(const Run& run);
};

const std::vector<Action>& Actions() {
  static const auto* const actions = new std::vector<Action>{
      {"accounts", "create", "", {"account_id", "name"}, CreateAccount},
      {"accounts", "list", "", {}, ListAccounts},
      {"accounts", "disable", "ACCOUNT", {}, [](const Run& run) { return SetDisabled(run, true); }},
      {"accounts", "enable", "ACCOUNT", {}, [](const Run& run) { return SetDisabled(run, false); }},
      {"keys", "create", "ACCOUNT", {"mode", "name", "expires_in"}, CreateKey},
      {"keys", "list", "ACCOUNT", {}, ListKeys},
      {"keys", "revoke", "KEY", {}, RevokeKey},
  };
  return *actions;
}

const Action* FindAction(absl::Span<const std::string> arguments) {
  if (arguments.size() < 2) return nullptr;
  for (const Action& action : Actions()) {
    if (action.thing == arguments[0] && action.verb == arguments[1]) return &action;
  }
  return nullptr;
}

absl::StatusOr<Run> Prepare(const Action& action, absl::Span<const std::string> arguments) {
  std::vector<absl::string_view> allowed = {"server", "deadline", "admin_token_file"};
  allowed.insert(allowed.end(), std::begin(kWayFlags), std::end(kWayFlags));
  allowed.insert(allowed.end(), action.flags.begin(), action.flags.end());
  const absl::StatusOr<std::vector<std::string>> others = ParseFlags(arguments, allowed);
  if (!others.ok()) return others.status();
  const size_t wanted = action.argument.empty() ? 0 : 1;
  if (others->size() != wanted) {
    return absl::InvalidArgumentError(wanted == 0 ? absl::StrCat("\"", others->front(), "\" is one too many")
                                                  : absl::StrCat("give one ", action.argument, ", its id"));
  }
  const std::string mode = absl::GetFlag(FLAGS_mode);
  if (action.run == CreateKey && mode != "live" && mode != "test") {
    return absl::InvalidArgumentError("--mode is required: live or test");
  }
  const absl::StatusOr<absl::Duration> deadline = DeadlineFromFlag();
  if (!deadline.ok()) return deadline.status();
  return Run{nullptr, absl::Now() + *deadline, wanted == 0 ? "" : others->front()};
}

}  // namespace

const char kAdminHelp[] =
    "usage: costs admin accounts create [--account_id=ID] [--name=TEXT]\n"
    "       costs admin accounts list\n"
    "       costs admin accounts disable|enable ACCOUNT\n"
    "       costs admin keys create ACCOUNT --mode=live|test [--expires_in=DURATION] [--name=TEXT]\n"
    "       costs admin keys list ACCOUNT\n"
    "       costs admin keys revoke KEY\n"
    "\n"
    "Looks after the accounts of a server and their API keys. Answers are JSON. The secret of a new key is shown "
    "once.\n"
    "\n"
    "  --admin_token_file=FILE  the operator's token; default: $COSTS_ADMIN_TOKEN\n"
    "  --server=HOST:PORT   where the service is; default: $COSTS_SERVER, else 127.0.0.1:50051\n"
    "  --deadline=DURATION  how long to wait; default: 10s\n"
    "  --tls, --tls_ca=FILE, --tls_cert=FILE, --tls_key=FILE, --allow_plaintext  as `costs help login` says\n";

ExitCode AdminCommand(absl::Span<const std::string> arguments) {
  const Action* const action = FindAction(arguments);
  if (action == nullptr) {
    std::cerr << "costs admin: say what to do, such as accounts list\n(costs help admin lists it)\n";
    return kUsage;
  }
  absl::StatusOr<Run> run = Prepare(*action, arguments.subspan(2));
  if (!run.ok()) {
    std::cerr << "costs admin: " << run.status().message() << "\n(costs help admin lists the flags)\n";
    return kUsage;
  }
  const std::string server = ServerAddress();
  const absl::StatusOr<std::shared_ptr<grpc::Channel>> channel = OpenAdminChannel(server);
  if (!channel.ok()) return ReportNoChannel(channel.status(), &std::cerr);
  const std::unique_ptr<Stub> stub = v1::AccountsService::NewStub(*channel);
  run->stub = stub.get();
  const grpc::Status status = action->run(*run);
  if (!status.ok()) return ReportFailure(status, server, &std::cerr);
  std::cout.flush();
  if (std::cout.good()) return kOk;
  std::cerr << "costs: the answer cannot be written\n";
  return kFileError;
}

}  // namespace costs::cli
