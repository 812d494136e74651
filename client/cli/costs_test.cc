// Runs the program `costs` itself: flags, files, pipes and exit codes.

#include <sys/wait.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "client/testing/fake_costs_service.h"
#include "gtest/gtest.h"

namespace costs::cli {
namespace {

constexpr char kInstant[] =
    "instant --location=loc_1 --value=10284 --units=WH --start=2022-02-01T10:30:00Z --end=2022-02-01T11:00:00Z ";
constexpr char kCsv[] =
    "location_id,value,units,start_time,end_time\n"
    "loc_1,10284,WH,2022-02-01T10:30:00Z,2022-02-01T11:00:00Z\n";

std::string Temporary(const std::string& name) { return testing::TempDir() + "/" + name; }

std::string ReadFile(const std::string& path) {
  std::ifstream in(path);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void WriteFile(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

struct Ran {
  int code;
  std::string out;
  std::string err;
};

// `arguments` are the shell's.
Ran Costs(const std::string& arguments, const std::string& input = "", const std::string& environment = "") {
  WriteFile(Temporary("in"), input);
  const int status = system(absl::StrCat(environment, " client/cli/costs ", arguments, " <", Temporary("in"), " >",
                                         Temporary("out"), " 2>", Temporary("err"))
                                .c_str());
  return {WEXITSTATUS(status), ReadFile(Temporary("out")), ReadFile(Temporary("err"))};
}

TEST(Costs, Help_GoesToStandardOutput) {
  for (const char* arguments : {"help", "--help", "help instant", "instant --help", "batch x --help", "help batch"}) {
    Ran ran = Costs(arguments);
    EXPECT_EQ(ran.code, 0) << arguments;
    EXPECT_TRUE(absl::StartsWith(ran.out, "usage: costs ")) << ran.out;
    EXPECT_TRUE(absl::StrContains(ran.out, "exit codes:")) << ran.out;
    EXPECT_EQ(ran.err, "");
  }
  EXPECT_TRUE(absl::StartsWith(Costs("--version").out, "costs "));
}

TEST(Costs, Completion_KnowsCommandsAndFlags) {
  for (const char* shell : {"bash", "zsh", "fish"}) {
    Ran ran = Costs(absl::StrCat("completion ", shell));
    EXPECT_EQ(ran.code, 0);
    for (const char* word : {"batch", "records", "revisions", "retry_for", "api_key_file"}) {
      EXPECT_TRUE(absl::StrContains(ran.out, word)) << shell << " " << word;
    }
  }
  EXPECT_EQ(Costs("completion tcsh").code, 2);
  // What Bash makes of it.
  const auto completed = [](const std::string& words) {
    WriteFile(
        Temporary("complete.sh"),
        absl::StrCat("eval \"$(client/cli/costs completion bash)\"\nCOMP_WORDS=(costs ", words,
                     ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_costs 2> /dev/null\necho \"${COMPREPLY[*]}\"\n"));
    EXPECT_EQ(system(absl::StrCat("bash ", Temporary("complete.sh"), " > ", Temporary("completed")).c_str()), 0);
    return ReadFile(Temporary("completed"));
  };
  EXPECT_EQ(completed("re"), "records report\n");
  EXPECT_EQ(completed("records li"), "list\n");
  EXPECT_EQ(completed("batch --re"), "--retry_for= --resume\n");
  EXPECT_EQ(completed("login --api"), "--api_key_file=\n");
  EXPECT_EQ(completed("help sl"), "slots\n");
}

TEST(Costs, ManualPage_HasEachCommand) {
  Ran ran = Costs("man");
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(absl::StartsWith(ran.out, ".TH COSTS 1 ")) << ran.out.substr(0, 40);
  for (const char* section : {"\n.SH NAME\n", "\n.SS batch\n", "\n.SS report\n", "\n.SH EXIT STATUS\n"}) {
    EXPECT_TRUE(absl::StrContains(ran.out, section)) << section;
  }
  // Text is never a request.
  for (absl::string_view line : absl::StrSplit(ran.out, '\n')) {
    if (absl::StartsWith(line, "'")) ADD_FAILURE() << line;
  }
}

TEST(Costs, Profiles_StandForTheFlagsOfTheConnection) {
  FakeCostsService service;
  const std::string config = Temporary("config");
  const std::string environment = absl::StrCat("env -u COSTS_SERVER COSTS_CONFIG=", config);
  WriteFile(config, absl::StrCat("# mine\n[work]\nserver = ", service.address(),
                                 "\n\n[default]\nserver=", service.address(), "\n[gone]\nserver = 127.0.0.1:9\n"));
  EXPECT_EQ(Costs(absl::StrCat(kInstant, "--profile=work"), "", environment).code, 0);
  EXPECT_EQ(Costs(absl::StrCat(kInstant, "--profile work"), "", environment).code, 0);
  EXPECT_EQ(Costs(kInstant, "", environment).code, 0);
  EXPECT_EQ(Costs(kInstant, "", absl::StrCat(environment, " COSTS_PROFILE=gone")).code, 3);
  EXPECT_EQ(Costs(absl::StrCat(kInstant, "--profile=gone"), "", environment).code, 3);
  // The command line is before the profile, and a profile that was asked for before the environment.
  EXPECT_EQ(Costs(absl::StrCat(kInstant, "--profile=gone --server=", service.address()), "", environment).code, 0);
  EXPECT_EQ(
      Costs(absl::StrCat(kInstant, "--profile=work"), "", absl::StrCat(environment, " COSTS_SERVER=127.0.0.1:9")).code,
      0);
  EXPECT_EQ(Costs(kInstant, "", absl::StrCat(environment, " COSTS_SERVER=127.0.0.1:9")).code, 3);

  Ran ran = Costs(absl::StrCat(kInstant, "--profile=none"), "", environment);
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(absl::StartsWith(ran.err, "costs: there is no profile none in ")) << ran.err;
  ran = Costs("profiles", "", environment);
  EXPECT_EQ(ran.code, 0);
  EXPECT_TRUE(absl::StrContains(ran.out, "gone     127.0.0.1:9      -        no\n")) << ran.out;
  EXPECT_EQ(Costs("profiles remove gone", "", environment).code, 0);
  EXPECT_EQ(Costs("profiles remove gone", "", environment).code, 2);
  EXPECT_FALSE(absl::StrContains(Costs("profiles", "", environment).out, "gone"));

  for (const auto& [text, message] :
       {std::pair<const char*, const char*>{"server = x\n", "stands before the first [NAME]"},
        {"[a]\npassword = x\n", "there is no key password"},
        {"[a]\nx\n", "neither [NAME] nor KEY = VALUE"},
        {"[a b]\n", "a profile's name has letters"}}) {
    WriteFile(config, text);
    ran = Costs(kInstant, "", environment);
    EXPECT_EQ(ran.code, 2) << text;
    EXPECT_TRUE(absl::StrContains(ran.err, message)) << ran.err;
  }
}

TEST(Costs, WrongArguments_AreUsage) {
  const struct {
    const char* arguments;
    const char* message;
  } cases[] = {
      {"", "usage: costs COMMAND"},
      {"price", "costs: there is no command \"price\""},
      {"instant", "costs instant: these flags are required: --location, --value, --units, --start, --end"},
      {"instant --chunk=1", "costs instant: there is no flag --chunk"},
      {"instant loc_1", "costs instant: \"loc_1\" is no flag; flags begin with --"},
      {"instant --value=x", "costs instant: value: must be a number such as 20567 or 1.5, but is \"x\""},
      {"instant --start=today", "costs instant: start_time: \"today\" must be an RFC 3339 time"},
      {"instant --deadline=soon", "costs instant: --deadline: \"soon\" is not a duration such as 10s or 1m30s"},
      {"batch", "costs batch: give one input file, or - for standard input"},
      {"batch a b", "costs batch: give one input file, or - for standard input"},
      {"batch - --chunk=0", "costs batch: --chunk must be 1 to 10000 records"},
      {"batch - --in-flight=1", "costs batch: --in_flight must be 2 to 1000 chunks"},
      {"batch - --format=pdf",
       "costs batch: --format must be one of csv, jsonl, ocpp, greenbutton, xml, but is \"pdf\""},
      {"batch - --output=table", "costs batch: --output must be one of csv, jsonl, but is \"table\""},
      {"batch - --format=ocpp", "costs batch: this format does not say where its readings are from; give --location"},
      {"batch - --location=loc_1", "costs batch: --location and --device are for ocpp and greenbutton"},
      {"batch - --format=ocpp --location=l --measurand=all",
       "costs batch: --measurand must be one of register, interval, power, but is \"all\""},
      {"batch - --resume", "costs batch: --resume goes on with the file that -o names; give it"},
      {"batch - --retry_for=-1s", "costs batch: --retry_for must be at least 0"},
  };
  for (const auto& c : cases) {
    Ran ran = Costs(c.arguments);
    EXPECT_EQ(ran.code, 2) << c.arguments;
    EXPECT_EQ(ran.out, "") << c.arguments;
    EXPECT_TRUE(absl::StartsWith(ran.err, c.message)) << ran.err;
  }
  Ran ran = Costs(absl::StrCat(kInstant, "--output=xml"));
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(absl::StartsWith(ran.err, "costs instant: --output must be json, table or csv, but is \"xml\""))
      << ran.err;
}

TEST(Costs, Instant_PrintsTheAnswer) {
  FakeCostsService service;
  Ran ran = Costs(absl::StrCat(kInstant, "--server=", service.address(),
                               " --device dev_1 --session=s --record=r --direction=EXPORT --tariff-rate=LOCAL"
                               " --confidence=0.5 --non-persistent --no-tariff --no_carbon --breakdown"));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(absl::StartsWith(ran.out, "{\n \"id\": \"mre_r\",\n")) << ran.out;
  const v1::CalculateInstantCostRequest asked = service.last_call();
  EXPECT_EQ(asked.record().device_id(), "dev_1");
  EXPECT_EQ(asked.record().session_reference_id(), "s");
  EXPECT_EQ(asked.record().direction(), v1::Direction::EXPORT);
  EXPECT_EQ(asked.record().tariff_rate(), v1::TariffRate::LOCAL);
  EXPECT_EQ(asked.record().confidence(), 0.5);
  EXPECT_TRUE(asked.non_persistent());
  EXPECT_TRUE(asked.has_include_tariff() && !asked.include_tariff());
  EXPECT_TRUE(asked.has_include_carbon() && !asked.include_carbon());
  EXPECT_TRUE(asked.include_breakdown());
}

TEST(Costs, Server_ComesFromTheEnvironmentUnlessNamed) {
  FakeCostsService service;
  const std::string environment = absl::StrCat("COSTS_SERVER=", service.address());
  EXPECT_EQ(Costs(kInstant, "", environment).code, 0);
  EXPECT_EQ(Costs(absl::StrCat(kInstant, "--server=127.0.0.1:1"), "", environment).code, 3);
  EXPECT_EQ(Costs(absl::StrCat(kInstant, "--server=", service.address()), "", "COSTS_SERVER=127.0.0.1:1").code, 0);
}

TEST(Costs, Refusal_IsFour) {
  FakeCostsService service;
  Ran ran = Costs(absl::StrCat(kInstant, "--location=loc_unknown --server=", service.address()));
  EXPECT_EQ(ran.code, 4);
  EXPECT_EQ(ran.err, "costs: NOT_FOUND: there is no location loc_unknown\n  reason: LOCATION_NOT_FOUND\n");
}

TEST(Costs, Batch_ReadsAndWritesFilesAndPipes) {
  FakeCostsService service;
  const std::string server = absl::StrCat(" --server=", service.address());
  const std::string priced =
      "location_id,value,units,start_time,end_time,energy_wh,cost,cost_confidence,carbon_g,carbon_confidence,record_id,"
      "error\nloc_1,10284,WH,2022-02-01T10:30:00Z,2022-02-01T11:00:00Z,10284,20.568,1,1028.4,0.8,mre_,\n";
  Ran ran = Costs(absl::StrCat("batch -", server), kCsv);
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, priced);
  EXPECT_TRUE(absl::StartsWith(ran.err, "costs: 1 records, 0 failed;")) << ran.err;

  WriteFile(Temporary("batch.csv"), kCsv);
  ran = Costs(absl::StrCat("batch ", Temporary("batch.csv"), " -o ", Temporary("priced.csv"), server, " --dry_run"));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_EQ(ran.out, "");
  EXPECT_EQ(ReadFile(Temporary("priced.csv")), priced);
  EXPECT_TRUE(service.last_chunk_options().non_persistent());

  // The formats follow the names.
  ran = Costs(absl::StrCat("batch ", Temporary("batch.csv"), " -o=", Temporary("priced.jsonl"), server));
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_TRUE(absl::StartsWith(ReadFile(Temporary("priced.jsonl")), "{\"location_id\":\"loc_1\"")) << ran.err;
  ran = Costs(absl::StrCat("batch - --format=jsonl --output=csv", server), "{}\nx\n");
  EXPECT_EQ(ran.code, 1) << ran.err;

  ran = Costs(absl::StrCat("batch -", server, " | head -c 1"), absl::StrCat(kCsv));
  EXPECT_EQ(ran.out, "l");
}

TEST(Costs, FilesThatCannotBeUsed_AreFive) {
  Ran ran = Costs(absl::StrCat("batch ", Temporary("none.csv")));
  EXPECT_EQ(ran.code, 5);
  EXPECT_EQ(ran.err, absl::StrCat("costs batch: ", Temporary("none.csv"), ": No such file or directory\n"));
  ran = Costs(absl::StrCat("batch ", testing::TempDir()));
  EXPECT_EQ(ran.code, 5);
  EXPECT_TRUE(absl::EndsWith(ran.err, ": is a directory\n")) << ran.err;
  EXPECT_EQ(Costs(absl::StrCat("batch - -o ", Temporary("none/out.csv"))).code, 5);
}

TEST(Costs, OutputOntoTheInput_IsRefused) {
  WriteFile(Temporary("batch.csv"), kCsv);
  Ran ran = Costs(absl::StrCat("batch ", Temporary("batch.csv"), " -o ", Temporary("batch.csv")));
  EXPECT_EQ(ran.code, 2);
  EXPECT_TRUE(absl::StartsWith(ran.err, "costs batch: -o names the input file; it would be lost")) << ran.err;
  EXPECT_EQ(ReadFile(Temporary("batch.csv")), kCsv);
}

TEST(Costs, NoServer_IsThree) {
  Ran ran = Costs("batch - --server=127.0.0.1:1", kCsv);
  EXPECT_EQ(ran.code, 3);
  EXPECT_TRUE(absl::StartsWith(ran.err,
                               "costs: 0 records were answered, the rest was not:\n  the stream to "
                               "127.0.0.1:1 broke: UNAVAILABLE"))
      << ran.err;
}

}  // namespace
}  // namespace costs::cli
