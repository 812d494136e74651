// Counts, for each record, how many of its seconds fall under each rule of a
// time-of-use tariff and into each slot of a series: the slow and obvious half
// of batch_oracle_test. It shares nothing with the service: no engine, no Abseil,
// just the C library's civil time, asked for every single second.
//
//   second_counter ZONE < lines
//
//   rule MONTHS WEEKDAYS FROM TO   bit 0 of the masks is January, or Sunday; seconds of the local day, TO left out
//   slot FROM TO                   seconds of the epoch
//   record FROM TO                 seconds of the epoch
//
// Prints a line for each record: "rule:seconds ... / slot:seconds ...", both
// numbered from 0 in the order of the input. Seconds in no slot count for -1.
#include <stdlib.h>
#include <time.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <string>
#include <vector>

namespace {

struct Rule {
  int months, weekdays, from, to;
};

struct Slot {
  int64_t to;
  int number;
};

int RuleAt(const std::vector<Rule>& rules, int64_t second) {
  const time_t now = second;
  struct tm civil;
  localtime_r(&now, &civil);
  const int of_day = civil.tm_hour * 3600 + civil.tm_min * 60 + civil.tm_sec;
  int found = -1;
  for (size_t i = 0; i < rules.size(); ++i) {
    const Rule& rule = rules[i];
    if ((rule.months >> civil.tm_mon & 1) == 0 || (rule.weekdays >> civil.tm_wday & 1) == 0) continue;
    if (of_day < rule.from || of_day >= rule.to) continue;
    if (found >= 0) return -1;
    found = static_cast<int>(i);
  }
  return found;
}

int SlotAt(const std::map<int64_t, Slot>& slots, int64_t second) {
  auto after = slots.upper_bound(second);
  if (after == slots.begin()) return -1;
  const Slot& slot = std::prev(after)->second;
  return second < slot.to ? slot.number : -1;
}

void Print(const std::map<int, int64_t>& counts) {
  for (const auto& [number, seconds] : counts) std::cout << number << ':' << seconds << ' ';
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: second_counter ZONE\n";
    return 2;
  }
  setenv("TZ", (":/usr/share/zoneinfo/" + std::string(argv[1])).c_str(), 1);
  tzset();

  std::vector<Rule> rules;
  std::map<int64_t, Slot> slots;
  std::string word;
  while (std::cin >> word) {
    if (word == "rule") {
      Rule rule;
      std::cin >> rule.months >> rule.weekdays >> rule.from >> rule.to;
      rules.push_back(rule);
      continue;
    }
    int64_t from, to;
    std::cin >> from >> to;
    if (!std::cin) break;
    if (word == "slot") {
      const int number = static_cast<int>(slots.size());
      slots[from] = {to, number};
      continue;
    }
    std::map<int, int64_t> by_rule, by_slot;
    for (int64_t second = from; second < to; ++second) {
      const int rule = RuleAt(rules, second);
      if (rule < 0) {
        std::cerr << "not one rule at " << second << "\n";
        return 1;
      }
      ++by_rule[rule];
      ++by_slot[SlotAt(slots, second)];
    }
    Print(by_rule);
    std::cout << "/ ";
    Print(by_slot);
    std::cout << '\n';
  }
  if (!std::cin.eof()) {
    std::cerr << "a line is not understood\n";
    return 1;
  }
  return 0;
}
