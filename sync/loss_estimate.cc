#include "sync/loss_estimate.h"

#include <algorithm>
#include <cmath>

namespace sallyport::sync {
namespace {

constexpr double kMemory = 31.0 / 32;       // ours: what a judgment leaves of the weight of those before
constexpr double kPresumedArrived = 8;      // ours: one loss among few is no lossy path
constexpr double kRepeatFrom = 0.03;        // ours: below, repetitions would cost more than they save
constexpr double kLeftLost = 0.01;          // ours: of what is repeated
constexpr double kMostPresumed = 0.9;       // ours: of what was sent with what has arrived
constexpr int kMostCopies = 6;              // ours

}  // namespace

void LossEstimate::on_lost(int copies) { count(copies, copies); }

// At least one of them has arrived. How many of the others, only the estimate itself can tell.
void LossEstimate::on_arrived(int copies) {
  const double share = sent_ > 0 ? std::min(lost_ / sent_, kMostPresumed) : 0;
  const double all_lost = std::pow(share, copies);
  count(copies, copies * (share - all_lost) / (1 - all_lost));
}

void LossEstimate::count(double sent, double lost) {
  sent_ = sent_ * kMemory + sent;
  lost_ = lost_ * kMemory + lost;
}

double LossEstimate::share() const { return lost_ / (sent_ + kPresumedArrived); }

int LossEstimate::worthwhile_copies() const {
  if (share() < kRepeatFrom) return 1;
  return std::clamp(static_cast<int>(std::ceil(std::log(kLeftLost) / std::log(share()))), 1, kMostCopies);
}

}  // namespace sallyport::sync
