#include "client/cli/shell_help.h"

#include <algorithm>
#include <iostream>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "client/cli/commands.h"

namespace costs::cli {
namespace {

// Behind every command.
constexpr absl::string_view kCommonFlags[] = {"--profile=", "--help"};

// A command's second word, as its usage lines say.
std::vector<std::string> VerbsOf(const Command& command) {
  std::vector<std::string> verbs;
  const std::string begin = absl::StrCat("costs ", command.name, " ");
  for (absl::string_view line : absl::StrSplit(command.help, '\n')) {
    const size_t at = line.find(begin);
    if (at == absl::string_view::npos || !(absl::StartsWith(line, "usage: ") || absl::StartsWith(line, "       "))) {
      continue;
    }
    const absl::string_view rest = line.substr(at + begin.size());
    const absl::string_view word = rest.substr(0, rest.find(' '));
    for (const absl::string_view verb : absl::StrSplit(word, '|')) {
      const bool is_verb = !verb.empty() && std::all_of(verb.begin(), verb.end(), absl::ascii_islower);
      if (is_verb && std::find(verbs.begin(), verbs.end(), verb) == verbs.end()) verbs.emplace_back(verb);
    }
  }
  return verbs;
}

std::vector<std::string> WordsOf(const Command& command) {
  std::vector<std::string> words = VerbsOf(command);
  for (std::string& flag : FlagsIn(HelpOf(command))) words.push_back(std::move(flag));
  for (const absl::string_view flag : kCommonFlags) {
    if (std::find(words.begin(), words.end(), flag) == words.end()) words.emplace_back(flag);
  }
  return words;
}

std::string CommandNames() {
  return absl::StrJoin(Commands(), " ", [](std::string* out, const Command& command) { out->append(command.name); });
}

std::string BashCompletion() {
  std::string text =
      "# Completion of costs: eval \"$(costs completion bash)\"\n"
      "_costs() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} words\n"
      "  # Bash takes --flag=value for three words.\n"
      "  if [ \"$word\" = = ] || [ \"${COMP_WORDS[COMP_CWORD-1]}\" = = ]; then\n"
      "    COMPREPLY=($(compgen -f -- \"${word#=}\"))\n"
      "    return\n"
      "  fi\n"
      "  if [ \"$COMP_CWORD\" -eq 1 ]; then\n";
  absl::StrAppend(&text, "    words='", CommandNames(), " help --version'\n  else\n    case ${COMP_WORDS[1]} in\n");
  for (const Command& command : Commands()) {
    absl::StrAppend(&text, "      ", command.name, ") words='", absl::StrJoin(WordsOf(command), " "), "' ;;\n");
  }
  absl::StrAppend(
      &text, "      help) words='", CommandNames(),
      "' ;;\n"
      "      *) return ;;\n"
      "    esac\n"
      "  fi\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
      "  # A flag's value follows at once; other arguments may be files.\n"
      "  if [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi\n"
      "  if [ \"$COMP_CWORD\" -gt 1 ] && [[ $word != -* ]]; then COMPREPLY+=($(compgen -f -- \"$word\")); fi\n"
      "}\n"
      "complete -F _costs costs\n");
  return text;
}

std::string ZshCompletion() {
  return absl::StrCat(
      "# Completion of costs: eval \"$(costs completion zsh)\"\nautoload -U +X bashcompinit && bashcompinit\n",
      BashCompletion());
}

std::string FishCompletion() {
  std::string text = "# Completion of costs: costs completion fish | source\n";
  for (const Command& command : Commands()) {
    absl::StrAppend(&text, "complete -c costs -n __fish_use_subcommand -f -a ", command.name, " -d '",
                    absl::StrReplaceAll(command.about, {{"'", "\\'"}}), "'\n");
    for (absl::string_view word : WordsOf(command)) {
      const std::string where = absl::StrCat("complete -c costs -n '__fish_seen_subcommand_from ", command.name, "' ");
      if (absl::ConsumePrefix(&word, "--")) {
        const bool has_value = absl::ConsumeSuffix(&word, "=");
        absl::StrAppend(&text, where, has_value ? "-r " : "", "-l ", word, "\n");
      } else if (!absl::StartsWith(word, "-")) {
        absl::StrAppend(&text, where, "-a ", word, "\n");
      }
    }
  }
  return text;
}

// Of a manual page: no text is a request, no dash a hyphen.
std::string Roff(absl::string_view text) {
  std::string out;
  for (absl::string_view line : absl::StrSplit(absl::StripSuffix(text, "\n"), '\n')) {
    if (absl::StartsWith(line, ".") || absl::StartsWith(line, "'")) absl::StrAppend(&out, "\\&");
    absl::StrAppend(&out, absl::StrReplaceAll(line, {{"\\", "\\e"}, {"-", "\\-"}, {"`", "\\(ga"}, {"~", "\\(ti"}}),
                    "\n");
  }
  return out;
}

std::string ManualPage() {
  std::string page = absl::StrCat(".TH COSTS 1 \"\" \"", kVersion, "\" \"User Commands\"\n.SH NAME\n",
                                  Roff("costs - what did this meter record cost, and what carbon did it cause?"),
                                  ".SH SYNOPSIS\n.nf\n");
  for (const Command& command : Commands()) absl::StrAppend(&page, Roff(absl::StrCat("costs ", command.name, " ...")));
  absl::StrAppend(
      &page, ".fi\n.SH DESCRIPTION\n",
      Roff("Calls the costs service: prices meter records, shows what energy costs at a location, and looks "
           "after what the service stores. Every command takes --profile=NAME, and flags as --name=value "
           "or --name value."),
      ".SH COMMANDS\n");
  for (const Command& command : Commands()) {
    absl::StrAppend(&page, ".SS ", Roff(command.name), ".nf\n", Roff(HelpOf(command)), ".fi\n");
  }
  absl::StrAppend(&page, ".SH EXIT STATUS\n.nf\n", Roff(absl::StripPrefix(kExitCodesText, "exit codes:\n")),
                  ".fi\n.SH ENVIRONMENT\n.nf\n",
                  Roff("COSTS_SERVER      the server's host:port\n"
                       "COSTS_TOKEN       a bearer token\n"
                       "COSTS_ACCOUNT_ID  an account, and\n"
                       "COSTS_API_KEY     its API key, to log in with\n"
                       "COSTS_ADMIN_TOKEN the operator's token, of costs admin\n"
                       "COSTS_PROFILE     the profile to use\n"
                       "COSTS_CONFIG      the file of profiles\n"
                       "NO_COLOR          no colours\n"),
                  ".fi\n");
  return page;
}

ExitCode PrintOut(const std::string& text) {
  std::cout << text;
  std::cout.flush();
  return std::cout.good() ? kOk : kFileError;
}

}  // namespace

const char kCompletionHelp[] =
    "usage: costs completion bash|zsh|fish\n"
    "\n"
    "Prints the completion of these commands and their flags, for a shell to read:\n"
    "  bash and zsh: eval \"$(costs completion bash)\"    fish: costs completion fish | source\n";

const char kManHelp[] =
    "usage: costs man\n"
    "\n"
    "Prints the manual page: costs man > costs.1; man ./costs.1\n";

std::vector<std::string> FlagsIn(absl::string_view help) {
  std::vector<std::string> flags;
  for (size_t at = help.find("--"); at != absl::string_view::npos; at = help.find("--", at)) {
    const bool begins =
        at == 0 || !(absl::ascii_isalnum(static_cast<unsigned char>(help[at - 1])) || help[at - 1] == '-');
    size_t end = at + 2;
    while (end < help.size() && (absl::ascii_isalnum(static_cast<unsigned char>(help[end])) || help[end] == '_')) ++end;
    if (begins && end > at + 2) {
      std::string flag(help.substr(at, end - at));
      const bool has_value = end < help.size() && help[end] == '=';
      // Prose names it again, mostly without its value.
      const auto known = std::find_if(flags.begin(), flags.end(),
                                      [&flag](const std::string& one) { return absl::StripSuffix(one, "=") == flag; });
      if (has_value) flag.push_back('=');
      if (known == flags.end()) {
        flags.push_back(std::move(flag));
      } else if (has_value) {
        *known = std::move(flag);
      }
    }
    at = end;
  }
  return flags;
}

ExitCode CompletionCommand(absl::Span<const std::string> arguments) {
  const std::string shell = arguments.size() == 1 ? arguments[0] : "";
  if (shell == "bash") return PrintOut(BashCompletion());
  if (shell == "zsh") return PrintOut(ZshCompletion());
  if (shell == "fish") return PrintOut(FishCompletion());
  std::cerr << "costs completion: say which shell: bash, zsh or fish\n";
  return kUsage;
}

ExitCode ManCommand(absl::Span<const std::string> arguments) {
  if (arguments.empty()) return PrintOut(ManualPage());
  std::cerr << "costs man: \"" << arguments[0] << "\" is one too many\n";
  return kUsage;
}

}  // namespace costs::cli
