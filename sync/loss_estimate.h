// How much of what we send is lost, from what the peer has acknowledged by a time when it would have known better. Linked by net and
// by the client. Ours: stock does not reckon with loss. Pure arithmetic.
#pragma once

namespace sallyport::sync {

class LossEstimate {
 public:
  /// A state was acknowledged, or is known to be missing, that was sent in one datagram so many times since it was judged last.
  void on_arrived(int copies);
  void on_lost(int copies);

  /// Of datagrams, 0 to 1. About the last 32 judgments count; until there are as many, little loss is presumed.
  [[nodiscard]] double share() const;
  /// How many times a datagram is sent before anything is known of it: so often that about one in a hundred is lost altogether.
  /// 1, as long as the loss is small.
  [[nodiscard]] int worthwhile_copies() const;

 private:
  void count(double sent, double lost);

  double sent_ = 0;
  double lost_ = 0;
};

}  // namespace sallyport::sync
