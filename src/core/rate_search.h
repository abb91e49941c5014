// Searches for the highest rate at which something holds, step by step: which rate to try next, and when it is found.
//
// The first rate is doubled while it holds, or halved until one does; then the gap between the highest that held and the
// lowest that failed is halved (in the logarithm) until it is within the precision; then the highest is tried again until
// it has held `confirmations` times, the last time in the last step, whose figures can stand for it. One failure is enough
// for a rate to have failed, so a rate that holds now and then is not found; with n out of n steps held, it holds in at
// least 0.05^(1/n) of all steps (95 %; C. J. Clopper, E. S. Pearson, Biometrika 26, 1934: the one-sided bound when nothing
// failed). Pure: who carries the steps out tells what came of them.
#pragma once

#include "stats/facts.h"

#include <cstdint>
#include <map>
#include <optional>

namespace assay {

class RateSearch {
 public:
  struct Rule {
    double first = 100;          // operations per second, above 0
    double precision = 0.05;     // lowest that failed / highest that held - 1, when it is near enough; above 0
    int confirmations = 3;       // times that the highest rate must have held
    int most_steps = 60;         // then it is over, whatever was found
    double lowest_share = 1e-3;  // of the first rate: below it nothing is looked for
  };
  explicit RateSearch(const Rule& rule) : rule_(rule) {}

  /// The rate of the next step; nullopt: the search is over.
  std::optional<double> next() const;
  /// What came of next().
  void tell(bool held);

  /// The highest rate that held whenever it was tried; nullopt: none did.
  std::optional<double> highest() const noexcept;
  /// The lowest that failed; nullopt: none did.
  std::optional<double> lowest_failed() const noexcept { return failed_; }
  /// How often the highest was tried; each time it held.
  int held() const noexcept;
  /// Whether it ended as it should, or for want of steps.
  bool complete() const noexcept;
  /// In at least which share of all steps a rate holds, with 95 % confidence, that held in n of n.
  static double least_share(int n) noexcept;

 private:
  const Rule rule_;
  std::map<double, int> held_;  // below the lowest that failed: rate → how often it held
  std::optional<double> failed_;
  int steps_ = 0;
  bool last_held_ = false;  // then the last step was one at the highest rate
};

}  // namespace assay
